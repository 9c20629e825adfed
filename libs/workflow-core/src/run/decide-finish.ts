import type { NewRunEvent, Problem } from '@nightshift/contracts';
import type { RunState } from './run-state.ts';

/** How the evaluation of a workflow's `return` went. */
export type FinishOutcome = { readonly result?: unknown } | { readonly problem: Problem };

/** What is recorded at the end of a run whose steps are all done; nothing if it has ended, or is held, meanwhile. */
export const decideFinish = (state: RunState, outcome: FinishOutcome): NewRunEvent[] => {
  if (state.status !== 'running') return [];
  if ('problem' in outcome)
    return [{ type: 'RunFailed', data: { problem: { ...outcome.problem, instance: '/return' } } }];
  return [{ type: 'RunSucceeded', data: outcome.result === undefined ? {} : { result: outcome.result } }];
};
