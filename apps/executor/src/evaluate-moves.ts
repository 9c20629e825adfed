import { Failure, type NewRunEvent } from '@nightshift/contracts';
import {
  decideFinish,
  decideRound,
  decideRoundEnd,
  hasNextItem,
  isMet,
  scopeAtRoundEnd,
  scopeBeforeRound,
  scopeOf,
  type KnownRun,
  type Plan,
  type PlanStep,
} from '@nightshift/workflow-core';
import type { Definition } from './definitions.ts';
import { environment } from './environment.ts';
import { failedExpression } from './take-step.ts';

/** What a move needs that only evaluates: no effect, nothing durable. */
interface Walked {
  readonly definition: Pick<Definition, 'checkResult'> & { readonly plan: Plan };
  readonly state: KnownRun;
}

/** The events that begin the next round of a loop, or end the loop. */
export const startRound = async ({ state }: Pick<Walked, 'state'>, step: PlanStep): Promise<NewRunEvent[]> => {
  const { block } = step;
  const now = new Date();
  if (block?.kind !== 'for' || !hasNextItem(state, step)) return decideRound(state, step, false, now);
  if (!block.while) return decideRound(state, step, true, now);
  try {
    const isNext = isMet(await block.while.evaluate(scopeBeforeRound(state, step), environment()));
    return decideRound(state, step, isNext, now);
  } catch (error) {
    return decideRoundEnd(state, step, problemOf(error), now);
  }
};

/** The events at the end of a loop's round. */
export const finishRound = async ({ state }: Pick<Walked, 'state'>, step: PlanStep): Promise<NewRunEvent[]> => {
  const { block } = step;
  const now = new Date();
  if (block?.kind !== 'for' || !block.result) return decideRoundEnd(state, step, {}, now);
  try {
    const result = await block.result.evaluate(scopeAtRoundEnd(state, step), environment());
    return decideRoundEnd(state, step, result === undefined ? {} : { result }, now);
  } catch (error) {
    return decideRoundEnd(state, step, problemOf(error), now);
  }
};

/** The events that end a run whose steps are all done. */
export const evaluateResult = async ({ definition, state }: Walked): Promise<NewRunEvent[]> => {
  const { plan, checkResult } = definition;
  let result: unknown;
  try {
    result = plan.result && (await plan.result.evaluate(scopeOf(state), environment()));
  } catch (error) {
    return decideFinish(state, problemOf(error));
  }
  const checked = checkResult?.(result);
  if (checked && !checked.ok)
    return decideFinish(state, { problem: new Failure('result.invalid', { errors: checked.violations }).toProblem() });
  return decideFinish(state, result === undefined ? {} : { result });
};

const problemOf = (error: unknown) => {
  const { outcome } = failedExpression(error);
  if (outcome.kind !== 'failed') throw error;
  return outcome;
};
