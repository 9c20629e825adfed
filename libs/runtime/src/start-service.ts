import { exitOnBugs, failStart } from './process-end.ts';
import type { Logger } from './logger.ts';
import { openService, type OpenService, type ServiceOptions } from './open-service.ts';

/** How long what is in hand may take at the end. Orchestrators kill after 30 s unless told otherwise. */
const CLOSE_BOUND_MS = 10_000;

/**
 * Runs a service as this process. SIGTERM and SIGINT end it gracefully with exit code 0, a second signal at once; a rejection or an
 * exception that nobody caught, or a start that fails, is one line in the log and exit code 1.
 */
export const startService = async (options: ServiceOptions): Promise<OpenService> => {
  const { logger } = options;
  exitOnBugs(logger);
  let service: OpenService;
  try {
    service = await openService(options);
  } catch (error) {
    return failStart(logger, error);
  }
  endOnSignals(service, logger);
  return service;
};

const endOnSignals = (service: OpenService, logger: Logger): void => {
  let isEnding = false;
  const end = async (signal: string): Promise<void> => {
    if (isEnding) process.exit(1);
    isEnding = true;
    const startedAt = performance.now();
    const bound = setTimeout(() => {
      logger.warn({ boundMs: CLOSE_BOUND_MS }, 'service ended with work in hand');
      process.exit(0);
    }, CLOSE_BOUND_MS);
    try {
      await service.close();
    } catch (error) {
      logger.error({ err: error }, 'closing failed');
    }
    clearTimeout(bound);
    logger.info({ signal, tookMs: Math.round(performance.now() - startedAt) }, 'service ended');
    process.exit(0);
  };
  process.on('SIGTERM', (signal) => void end(signal));
  process.on('SIGINT', (signal) => void end(signal));
};
