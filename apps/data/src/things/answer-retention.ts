import type { Logger } from '@nightshift/runtime';
import type { RunStatement } from '../database/row-statement.ts';
import { forgetImports } from '../bulk/imports.ts';
import { forgetAnswers } from './kept-answer.ts';

const SWEEP_MS = 60 * 60_000;
const BATCH = 10_000;

/** Forgets old answers once an hour, in every replica; what one has locked the other leaves out. */
export const keepForgetting = (run: RunStatement, olderThanDays: number, logger: Logger): { close(): void } => {
  let isClosed = false;
  const sweep = async (): Promise<void> => {
    let forgotten = 0;
    for (let batch = BATCH; batch === BATCH && !isClosed; forgotten += batch)
      batch = await forgetAnswers(run, olderThanDays, BATCH);
    let imports = 0;
    for (let batch = -1; batch !== 0 && !isClosed; imports += batch) batch = await forgetImports(run, olderThanDays);
    if (imports > 0) logger.info({ forgotten: imports }, 'old imports forgotten');
    if (forgotten > 0) logger.info({ forgotten }, 'old answers forgotten');
  };
  const timer = setInterval(
    () => void sweep().catch((error: unknown) => logger.warn({ err: error }, 'old answers are not forgotten')),
    SWEEP_MS,
  );
  return {
    close: () => {
      isClosed = true;
      clearInterval(timer);
    },
  };
};
