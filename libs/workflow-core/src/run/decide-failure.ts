import type { NewRunEvent, Problem } from '@nightshift/contracts';
import { takesFailure } from '../steps/catch.ts';
import { retryDelayMs, type Retry } from '../steps/retry.ts';
import { eventPlaceOf, undoingPlaceOf } from './place.ts';
import type { PlanSequence, PlanStep } from './plan.ts';
import type { RunFacts } from './run-state.ts';

/** How an attempt failed. `canRetry`: another attempt may succeed. `retryAfterMs`: whoever was asked said so. */
export interface FailedAttempt {
  readonly problem: Problem;
  readonly canRetry: boolean;
  readonly retryAfterMs?: number;
}

/**
 * What is recorded of a failed attempt at a step. From the step outwards, the first that can do something about it does: try again
 * (`retry`), or take the failure (`catch`). A `catch` does not take what fails inside of it, and the failure of an undoing ends the
 * undoing. If nobody takes it, the run fails.
 */
export const decideFailure = (state: RunFacts, step: PlanStep, failed: FailedAttempt, now: Date): NewRunEvent[] => {
  const problem: Problem = {
    ...failed.problem,
    // What failed inside of a block that is performed whole is named more exactly; a called run's place is not in this document.
    instance: (step.block && failed.problem.instance) ?? step.pointer,
    step: failed.problem.step ?? step.name,
  };
  const attempt = state.steps[step.name]?.attempt ?? 1;
  const isBefore = ({ role }: PlanSequence): boolean => role === 'catch' || role === 'compensate';

  let within: PlanSequence | undefined;
  for (const candidate of [step, ...step.path.toReversed().map(({ owner }) => owner!)]) {
    const around = within;
    within = candidate.sequence;
    if (around?.role === 'compensate')
      return [{ type: 'CompensationFailed', data: { ...undoingPlaceOf(state, candidate), problem } }];
    if (around && isBefore(around)) continue;
    const again = retry(state, candidate, problem, failed, now);
    if (again) return again;
    if (candidate.catch && takesFailure(candidate.catch.errors, problem))
      return [
        { type: 'StepFailed', data: { ...eventPlaceOf(state, step), attempt, problem, handledBy: candidate.name } },
      ];
  }
  return [{ type: 'StepFailed', data: { ...eventPlaceOf(state, step), attempt, problem } }];
};

const retry = (
  state: RunFacts,
  step: PlanStep,
  problem: Problem,
  { canRetry, retryAfterMs = 0 }: FailedAttempt,
  now: Date,
): NewRunEvent[] | undefined => {
  const under = state.steps[step.name];
  const attempt = under?.attempt ?? 1;
  const used = attempt - (under?.countedFrom ?? 1) + 1;
  const isLeft = (policy: Retry | undefined): policy is Retry => policy !== undefined && used < policy.attempts;
  const own = canRetry && isLeft(step.retry) ? step.retry : undefined;
  // What a `catch` names, it tries again even if the failure does not look as if that helped.
  const handler = step.catch && takesFailure(step.catch.errors, problem) ? step.catch.retry : undefined;
  const policy = own ?? (isLeft(handler) ? handler : undefined);
  if (!policy) return undefined;
  // Whoever was asked knows better than the document when to come again.
  const delayMs = Math.max(retryDelayMs(policy, used), retryAfterMs);
  const retryAt = new Date(now.getTime() + delayMs).toISOString();
  return [{ type: 'StepRetried', data: { ...eventPlaceOf(state, step), attempt, problem, retryAt } }];
};
