import type { Logger } from './logger.ts';

/** A start that failed is one line and exit code 1. */
export const failStart = (logger: Logger, error: unknown): never => {
  logger.fatal({ err: error, reason: reasonOf(error) }, 'service cannot start');
  process.exit(1);
};

/** A bug that reached the top leaves the process in a state that nobody has thought of: it is logged, and the process ends. */
export const exitOnBugs = (logger: Logger): void => {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  process.on('unhandledRejection', (reason) => {
    logger.fatal({ err: reason }, 'unhandled rejection');
    process.exit(1);
  });
};

/** The messages of an error and of what caused it. */
const reasonOf = (error: unknown): string => {
  const reasons: string[] = [];
  for (let cause = error; cause !== undefined && reasons.length < 5; cause = (cause as { cause?: unknown }).cause) {
    reasons.push(cause instanceof Error ? cause.message || cause.name : String(cause));
    if (!(cause instanceof Error)) break;
  }
  return reasons.join(': ');
};
