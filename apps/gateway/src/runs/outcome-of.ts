import type { RunOutcome, RunView } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Told } from './waiting-callers.ts';

/** How a run ended; undefined while it has not. */
export const outcomeOf = (run: RunView | undefined): RunOutcome | undefined => {
  if (run?.status !== 'succeeded' && run?.status !== 'failed' && run?.status !== 'cancelled') return undefined;
  const { id: runId, status, result, problem } = run;
  return { runId, status, ...(result !== undefined && { result }), ...(problem && { problem }) };
};

/** What the ledger says to somebody who waits for a run; undefined while there is nothing. */
export const toldByLedger = async (
  { runs }: Pick<Ledger, 'runs'>,
  runId: string,
  takesAnswer: boolean,
): Promise<Told | undefined> => {
  const answer = takesAnswer ? await runs.answer(runId) : undefined;
  return answer === undefined ? outcomeOf(await runs.find(runId)) : { runId, answer };
};
