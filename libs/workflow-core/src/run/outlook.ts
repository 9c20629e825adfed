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
export const failure = ({ state, now }: Outlook, step: PlanStep): Foreseen => {
  const afterFailing = (event: NewRunEvent): Foreseen[] => {
    if (event.type !== 'StepFailed' && event.type !== 'StepRetried' && event.type !== 'CompensationFailed') return [];
    const { problem } = event.data;
    // Whether another attempt could help is not recorded.
    return [true, false].flatMap((canRetry) => exactly(decideFailure(state, step, { problem, canRetry }, now)));
  };
  return {
    toText: (found) => {
      const texts = afterFailing(found).map(({ toText }) => toText(found));
      return texts.length > 0 ? [...new Set(texts)].join(', or ') : `a failure of ${step.name}`;
    },
    fits: (event) => afterFailing(event).some(({ fits }) => fits(event)),
  };
};

/** An expression's failure is the workflow's; anything else that is thrown goes on up. */
export const failedAttempt = (error: unknown): FailedAttempt => {
  if (!(error instanceof Failure)) throw error;
  return { problem: error.toProblem(), canRetry: error.canRetry };
};
