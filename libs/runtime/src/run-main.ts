import { makeLogger } from './logger.ts';
import { failStart } from './process-end.ts';

/**
 * Runs what `main.ts` does. Whatever fails in it, reading the configuration and connecting included, is one line in the log and exit
 * code 1.
 */
export const runMain = async (app: string, main: () => Promise<unknown>): Promise<void> => {
  const logger = makeLogger({ app, level: 'info' });
  try {
    await main();
  } catch (error) {
    failStart(logger, error);
  }
};
