import type { Logger } from '@nightshift/runtime';
import type { Perform } from './performed.ts';

/**
 * Writes into the run's history, once, and into the executor's own log, where an attempt that a crash interrupted may leave a line
 * of its own. Holds only what the workflow says.
 */
export const makePerformLog =
  (logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>): Perform<'log'> =>
  ({ level, message, data }, { runId, requested, step, iteration }) => {
    const said = { message, ...(data !== undefined && { data }) };
    const place = { step, ...(iteration !== undefined && { iteration }) };
    logger[level]({ runId, workflow: requested.workflow, ...place, ...said }, 'workflow log');
    return { outcome: { kind: 'completed' }, events: [{ type: 'LogWritten', data: { ...place, level, ...said } }] };
  };
