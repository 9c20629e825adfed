import { Failure, type NewRunEvent } from '@nightshift/contracts';
import { decideFailure, type FailedAttempt } from './decide-failure.ts';
import { lastResult } from './next-moves.ts';
import { eventPlaceOf } from './place.ts';
import type { PlanStep } from './plan.ts';
import type { KnownRun, LoopState } from './run-state.ts';

const start: LoopState = { index: -1, isInRound: false, returned: [] };

/** Whether a loop's items, where it has some, allow another round: only then need its `while` be asked. */
export const hasNextItem = (state: KnownRun, step: PlanStep): boolean => {
  const { items, index } = state.steps[step.name]?.loop ?? start;
  return items === undefined || index + 1 < items.length;
};

/**
 * What is recorded before a round of a loop: its beginning, or, if there is none any more, the end of the loop.
 * @param isNext whether there is another round, by its items and its `while`
 */
export const decideRound = (state: KnownRun, step: PlanStep, isNext: boolean, now: Date): NewRunEvent[] => {
  const { index, returned } = state.steps[step.name]?.loop ?? start;
  const attempt = state.steps[step.name]?.attempt ?? 1;
  if (!isNext)
    return [{ type: 'StepCompleted', data: { ...eventPlaceOf(state, step), attempt, result: [...returned] } }];
  const limit = step.block?.kind === 'for' ? step.block.limit : 0;
  if (index + 1 >= limit) {
    const failure = new Failure('loop.too_long', { detail: `The loop has more than ${limit} rounds` });
    return decideFailure(state, step, { problem: failure.toProblem(), canRetry: false }, now);
  }
  return [{ type: 'IterationStarted', data: { ...eventPlaceOf(state, step), index: index + 1 } }];
};

/** What is recorded at the end of a round. @param returned what its `return` gave; of a loop without one, that of its last step */
export const decideRoundEnd = (
  state: KnownRun,
  step: PlanStep,
  returned: { readonly result?: unknown } | FailedAttempt,
  now: Date,
): NewRunEvent[] => {
  if ('problem' in returned) return decideFailure(state, step, returned, now);
  const { index } = state.steps[step.name]?.loop ?? start;
  const { block } = step;
  const hasReturn = block?.kind === 'for' && block.result !== undefined;
  const result = hasReturn ? returned.result : lastResult(state, block!.bodies[0]!);
  return [
    {
      type: 'IterationCompleted',
      data: { ...eventPlaceOf(state, step), index, ...(result !== undefined && { result }) },
    },
  ];
};
