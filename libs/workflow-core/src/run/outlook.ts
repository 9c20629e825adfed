import { Failure, type NewRunEvent } from '@nightshift/contracts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { decideFailure, type FailedAttempt } from './decide-failure.ts';
import { exactly, type Foreseen } from './foreseen.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { KnownRun } from './run-state.ts';

/** A computation that asks for the value of expressions: it yields what evaluates one, and goes on with its value. */
export type Evaluating<T> = Generator<() => unknown, T, unknown>;

interface Compiled {
  readonly evaluate: (scope: Scope, env: EvaluationEnv) => unknown;
}

/** Where in a run something is foreseen. */
export interface Outlook {
  readonly plan: Plan;
  readonly state: KnownRun;
  readonly now: Date;
  readonly value: (expression: Compiled, scope: Scope) => Evaluating<unknown>;
}

/** The step fails, with whatever the history says, and what follows from that is what the plan says. */
export const failure = ({ state, now }: Outlook, step: PlanStep): Foreseen => ({
  text: `a failure of ${step.name}`,
  fits: (event) => isFailureOf(state, step, event, now),
});

const isFailureOf = (state: KnownRun, step: PlanStep, event: NewRunEvent, now: Date): boolean => {
  if (event.type !== 'StepFailed' && event.type !== 'StepRetried' && event.type !== 'CompensationFailed') return false;
  const { problem } = event.data;
  return [true, false].some((canRetry) =>
    exactly(decideFailure(state, step, { problem, canRetry }, now)).some(({ fits }) => fits(event)),
  );
};

/** An expression's failure is the workflow's; anything else that is thrown goes on up. */
export const failedAttempt = (error: unknown): FailedAttempt => {
  if (!(error instanceof Failure)) throw error;
  return { problem: error.toProblem(), canRetry: error.canRetry };
};
