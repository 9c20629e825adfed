import type { NewRunEvent } from '@nightshift/contracts';
import { decideFailure, type FailedAttempt } from './decide-failure.ts';
import { eventPlaceOf, isReached } from './place.ts';
import type { PlanStep } from './plan.ts';
import type { RunState } from './run-state.ts';

/** How an attempt at a step went. */
export type StepOutcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'completed'; readonly result?: unknown }
  | ({ readonly kind: 'failed' } & FailedAttempt)
  | { readonly kind: 'waiting'; readonly until: string }
  | { readonly kind: 'calling'; readonly calledRunId: string }
  | { readonly kind: 'awaiting'; readonly event: { readonly type: string; readonly key: string } }
  /** A block whose steps are gone through now. `branch`: the case of a `switch`. `items`: of a `for`. `lock`: now held. */
  | { readonly kind: 'entered'; readonly branch?: string; readonly items?: unknown[]; readonly lock?: string }
  /** A lock that another run holds until this time, or until it lets go. */
  | { readonly kind: 'locked'; readonly lock: string; readonly until: string }
  /** The run ends here. */
  | { readonly kind: 'stopped'; readonly result?: unknown };

/**
 * What is recorded of an attempt at a step. Nothing if the run is not at that step: then it has been decided already, or the run has been
 * cancelled or ended meanwhile.
 */
export const decideStep = (
  state: RunState,
  step: PlanStep,
  outcome: StepOutcome,
  { now }: { now: Date },
): NewRunEvent[] => {
  if ((state.status !== 'running' && state.status !== 'paused') || !isReached(state, step)) return [];
  const at = eventPlaceOf(state, step);
  const attempt = state.steps[step.name]?.attempt ?? 1;
  switch (outcome.kind) {
    case 'skipped':
      return [{ type: 'StepSkipped', data: { ...at, reason: outcome.reason } }];
    case 'completed':
      return [{ type: 'StepCompleted', data: { ...at, attempt, ...given('result', outcome.result) } }];
    case 'waiting':
      return [{ type: 'WaitStarted', data: { ...at, until: outcome.until } }];
    case 'calling':
      return [{ type: 'WaitStarted', data: { ...at, calledRunId: outcome.calledRunId } }];
    case 'awaiting':
      return [{ type: 'WaitStarted', data: { ...at, event: { ...outcome.event } } }];
    case 'locked':
      return [{ type: 'WaitStarted', data: { ...at, lock: outcome.lock, until: outcome.until } }];
    case 'entered': {
      const { branch, items, lock } = outcome;
      const entered = { ...given('branch', branch), ...given('items', items), ...given('lock', lock) };
      return [{ type: 'StepStarted', data: { ...at, attempt, ...entered } }];
    }
    case 'stopped':
      return [
        { type: 'StepCompleted', data: { ...at, attempt } },
        { type: 'RunSucceeded', data: given('result', outcome.result) },
      ];
    case 'failed':
      return decideFailure(state, step, outcome, now);
  }
};

const given = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });
