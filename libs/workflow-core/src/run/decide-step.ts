import type { NewRunEvent, Problem } from '@nightshift/contracts';
import { retryDelayMs } from '../steps/retry.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { RunState } from './run-state.ts';

/** How an attempt at a step went. */
export type StepOutcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'completed'; readonly result?: unknown }
  /** `canRetry`: another attempt may succeed. `retryAfterMs`: whoever was asked said so. */
  | { readonly kind: 'failed'; readonly problem: Problem; readonly canRetry: boolean; readonly retryAfterMs?: number }
  | { readonly kind: 'waiting'; readonly until: string }
  | { readonly kind: 'calling'; readonly calledRunId: string };

/**
 * What is recorded of an attempt at a step. Nothing if the run is not at that step: then it has been decided already, or the run has been
 * paused, cancelled or ended meanwhile.
 */
export const decideStep = (
  plan: Plan,
  state: RunState,
  step: PlanStep,
  outcome: StepOutcome,
  { now }: { now: Date },
): NewRunEvent[] => {
  if (!isAt(plan, state, step)) return [];
  const { attempt } = state;
  switch (outcome.kind) {
    case 'skipped':
      return [{ type: 'StepSkipped', data: { step: step.name, reason: outcome.reason } }];
    case 'completed': {
      const { result } = outcome;
      return [{ type: 'StepCompleted', data: { step: step.name, attempt, ...(result !== undefined && { result }) } }];
    }
    case 'waiting':
      return [{ type: 'WaitStarted', data: { step: step.name, until: outcome.until } }];
    case 'calling':
      return [{ type: 'WaitStarted', data: { step: step.name, calledRunId: outcome.calledRunId } }];
    case 'failed':
      return decideFailure(step, attempt, outcome, now);
  }
};

type AtStep = Extract<RunState, { status: 'running' | 'waiting' }>;

const isAt = (plan: Plan, state: RunState, step: PlanStep): state is AtStep => {
  if (state.status !== 'running' && (state.status !== 'waiting' || state.awaited.kind !== 'run')) return false;
  return plan.steps[state.stepIndex]?.name === step.name;
};

const decideFailure = (
  step: PlanStep,
  attempt: number,
  outcome: StepOutcome & { kind: 'failed' },
  now: Date,
): NewRunEvent[] => {
  const problem: Problem = { ...outcome.problem, instance: step.pointer };
  if (outcome.canRetry && step.retry && attempt < step.retry.attempts) {
    // Whoever was asked knows better than the document when to come again.
    const delayMs = Math.max(retryDelayMs(step.retry, attempt), outcome.retryAfterMs ?? 0);
    const retryAt = new Date(now.getTime() + delayMs).toISOString();
    return [{ type: 'StepRetried', data: { step: step.name, attempt, problem, retryAt } }];
  }
  return [
    { type: 'StepFailed', data: { step: step.name, attempt, problem } },
    { type: 'RunFailed', data: { problem } },
  ];
};
