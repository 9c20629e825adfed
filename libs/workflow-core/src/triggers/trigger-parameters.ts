import type { Json } from '@nightshift/contracts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { compileTemplate } from '../expressions/template.ts';

/**
 * The parameters that a trigger gives its runs, from what it sees. A promise only where an expression needs one.
 * @throws Failure `expression.failed`, thrown or as the promise's rejection
 */
export type TriggerParameters = (
  scope: Scope,
  env: EvaluationEnv,
) => Record<string, unknown> | Promise<Record<string, unknown>>;

/** @throws Error if an expression does not compile */
export const compileTriggerParameters = (parameters: Record<string, unknown>, pointer: string): TriggerParameters => {
  const { evaluate, violations } = compileTemplate(parameters as Json, pointer);
  if (violations.length > 0) throw new Error(`${violations[0]!.pointer} ${violations[0]!.detail}`);
  // The check of parameters adds defaults to what it is given, and constant parts are shared between evaluations.
  return (scope, env) => {
    const value = evaluate(scope, env);
    return value instanceof Promise ? value.then(own) : own(value);
  };
};

const own = (value: unknown): Record<string, unknown> => structuredClone(value ?? {}) as Record<string, unknown>;
