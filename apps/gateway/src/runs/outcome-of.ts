import type { RunOutcome, RunView } from '@nightshift/contracts';

/** How a run ended; undefined while it has not. */
export const outcomeOf = (run: RunView | undefined): RunOutcome | undefined => {
  if (run?.status !== 'succeeded' && run?.status !== 'failed' && run?.status !== 'cancelled') return undefined;
  const { id: runId, status, result, problem } = run;
  return { runId, status, ...(result !== undefined && { result }), ...(problem && { problem }) };
};
