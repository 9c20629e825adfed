import { changeKinds, type ChangeEvent, type ChangeKind } from '@nightshift/contracts';
import type { WorkflowDocument } from '../document/document-schema.ts';
import type { CompiledExpression } from '../expressions/compile-expression.ts';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { compileCondition } from '../expressions/compile-right.ts';

/** What a change must be to start the workflow. */
export interface CompiledTrigger {
  readonly type: string;
  readonly kinds: ReadonlySet<ChangeKind>;
  /** Absent: always. */
  readonly condition?: CompiledExpression;
}

/**
 * Compiles the triggers of a document that `checkDocument` found right.
 * @throws Error if an expression in it does not compile
 */
export const compileTriggers = (document: WorkflowDocument): CompiledTrigger[] =>
  (document.triggers ?? []).map(({ change, kinds, when }, index) => ({
    type: change,
    kinds: new Set(kinds ?? changeKinds),
    ...(when !== undefined && { condition: compileCondition(when, `/triggers/${index}/when`) }),
  }));

/** What a trigger's condition sees. */
export const changeScope = ({ before, now, kind, changedFields }: ChangeEvent['data']): Scope => ({
  before,
  now,
  kind,
  changedFields,
});

/**
 * Whether a change starts the workflow. A promise only where the condition needs one.
 * @throws Failure `expression.failed`, thrown or as the promise's rejection
 */
export const matchTrigger = (
  trigger: CompiledTrigger,
  change: ChangeEvent['data'],
  env: EvaluationEnv,
): boolean | Promise<boolean> => {
  if (trigger.type !== change.type || !trigger.kinds.has(change.kind)) return false;
  if (!trigger.condition) return true;
  const value = trigger.condition.evaluate(changeScope(change), env);
  return value instanceof Promise ? value.then(isMet) : isMet(value);
};
