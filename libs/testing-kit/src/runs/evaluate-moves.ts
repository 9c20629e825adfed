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
  type EvaluationEnv,
  type FailedAttempt,
  type KnownRun,
  type PlanStep,
} from '@nightshift/workflow-core';
import type { Definition } from '../definitions.ts';
import { failed } from './performed.ts';

/** What moves that only evaluate come to. */
const problemOf = (error: unknown): FailedAttempt => {
  const { outcome } = failed(error);
  if (outcome.kind !== 'failed') throw error;
  return outcome;
};

/** The events that begin the next round of a loop, or end the loop. */
export const startRound = async (state: KnownRun, step: PlanStep, env: EvaluationEnv): Promise<NewRunEvent[]> => {
  const { block } = step;
  if (block?.kind !== 'for' || !hasNextItem(state, step)) return decideRound(state, step, false, env.now);
  if (!block.while) return decideRound(state, step, true, env.now);
  try {
    return decideRound(state, step, isMet(await block.while.evaluate(scopeBeforeRound(state, step), env)), env.now);
  } catch (error) {
    return decideRoundEnd(state, step, problemOf(error), env.now);
  }
};

/** The events at the end of a loop's round. */
export const finishRound = async (state: KnownRun, step: PlanStep, env: EvaluationEnv): Promise<NewRunEvent[]> => {
  const { block } = step;
  if (block?.kind !== 'for' || !block.result) return decideRoundEnd(state, step, {}, env.now);
  try {
    const result = await block.result.evaluate(scopeAtRoundEnd(state, step), env);
    return decideRoundEnd(state, step, result === undefined ? {} : { result }, env.now);
  } catch (error) {
    return decideRoundEnd(state, step, problemOf(error), env.now);
  }
};

/** The events that end a run whose steps are all done. */
export const finishRun = async (
  { plan, checkResult }: Definition,
  state: KnownRun,
  env: EvaluationEnv,
): Promise<NewRunEvent[]> => {
  let result: unknown;
  try {
    result = plan.result && (await plan.result.evaluate(scopeOf(state), env));
  } catch (error) {
    return decideFinish(state, problemOf(error));
  }
  const checked = checkResult?.(result);
  if (checked && !checked.ok)
    return decideFinish(state, { problem: new Failure('result.invalid', { errors: checked.violations }).toProblem() });
  return decideFinish(state, result === undefined ? {} : { result });
};
