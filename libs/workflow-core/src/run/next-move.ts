import type { NewRunEvent } from '@nightshift/contracts';
import type { Plan, PlanStep } from './plan.ts';
import type { RunFacts, RunState } from './run-state.ts';

/** What is to be done next with a run. */
export type Move =
  /** Nothing happens but that this is recorded. */
  | { readonly kind: 'record'; readonly events: NewRunEvent[] }
  /** Evaluate, prepare and perform the step. `isConditionMet`: an attempt has begun before, so its `if` is not asked again. */
  | {
      readonly kind: 'step';
      readonly step: PlanStep;
      readonly attempt: number;
      readonly isConditionMet: boolean;
      readonly isStartRecorded: boolean;
    }
  /** Look whether the called run has ended, and decide the step with its outcome. */
  | { readonly kind: 'collect'; readonly step: PlanStep; readonly calledRunId: string }
  /** All steps are done: evaluate what the workflow returns. */
  | { readonly kind: 'finish' }
  /** Nothing: the run is scheduled, waits, is held, or has ended. */
  | { readonly kind: 'rest' };

const rest: Move = { kind: 'rest' };
const finish: Move = { kind: 'finish' };
const start: Move = { kind: 'record', events: [{ type: 'RunStarted', data: {} }] };

/** The next move of a run. Decides only by the state, so the same history always goes on the same way. */
export const nextMove = (plan: Plan, state: RunState): Move => {
  switch (state.status) {
    case 'queued':
      return start;
    case 'running':
      return moveOn(plan, state, state.isWaitOver);
    case 'waiting': {
      const step = plan.steps[state.stepIndex];
      return step && state.awaited.kind === 'run'
        ? { kind: 'collect', step, calledRunId: state.awaited.calledRunId }
        : rest;
    }
    default:
      return rest;
  }
};

const moveOn = (plan: Plan, { stepIndex, attempt, isStepStarted }: RunFacts, isWaitOver: boolean): Move => {
  const step = plan.steps[stepIndex];
  if (!step) return finish;
  if (isWaitOver) return { kind: 'record', events: [{ type: 'StepCompleted', data: { step: step.name, attempt } }] };
  return { kind: 'step', step, attempt, isConditionMet: isStepStarted || attempt > 1, isStartRecorded: isStepStarted };
};
