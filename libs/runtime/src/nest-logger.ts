import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.ts';

/** Nest passes the context, its own class's name, as the last text. */
const contextOf = (rest: unknown[]): string | undefined => {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : undefined;
};

/** Makes Nest write its own lines as ours are. What Nest finds worth a log is a detail here: it comes at debug. */
export const makeNestLogger = (logger: Logger): LoggerService => {
  const write =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]): void => {
      const nest = contextOf(rest);
      if (message instanceof Error) logger[level]({ nest, err: message }, 'nest reports an error');
      else logger[level]({ nest, detail: message }, 'nest');
    };
  return {
    log: write('debug'),
    debug: write('debug'),
    verbose: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('error'),
  };
};
