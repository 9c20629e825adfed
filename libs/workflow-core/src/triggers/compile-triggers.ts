import { changeKinds, type ChangeKind } from '@nightshift/contracts';
import type { WorkflowDocument } from '../document/document-schema.ts';
import type { CompiledExpression } from '../expressions/compile-expression.ts';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv } from '../expressions/scope.ts';
import { compileCondition } from '../expressions/compile-right.ts';
import { changeScope, type ChangeView } from './change-view.ts';
import { compileTriggerParameters, type TriggerParameters } from './trigger-parameters.ts';
import { hasNeed, needsOf, type Need } from './needs.ts';

/** What a change must be to start the workflow. */
export interface CompiledTrigger {
  /** Its place among the workflow's triggers. */
  readonly index: number;
  readonly type: string;
  readonly kinds: ReadonlySet<ChangeKind>;
  /** What must have changed for a change of kind `changed` to count. Absent: anything. */
  readonly fields?: ReadonlySet<string>;
  /** What is looked at: each change, or what a transaction did to a thing as a whole. */
  readonly per: 'change' | 'transaction';
  /** Whether changes that runs have made count. */
  readonly cascade: boolean;
  /** Absent: always. */
  readonly condition?: CompiledExpression;
  /** A change without these does not meet the condition, which is not evaluated then. */
  readonly needs: readonly Need[];
  /** What its runs are given. Absent: nothing. */
  readonly parameters?: TriggerParameters;
}

/** Why a change does not start what watches its kind. */
export type UnmetReason = 'cascade' | 'fields' | 'condition';

/**
 * Compiles the change triggers of a document that `checkDocument` found right.
 * @throws Error if an expression in it does not compile
 */
export const compileTriggers = (document: WorkflowDocument): CompiledTrigger[] =>
  (document.triggers ?? []).flatMap((trigger, index) => {
    if (!('change' in trigger)) return [];
    const { change, kinds, fields, per, cascade, when, parameters } = trigger;
    const condition = when === undefined ? undefined : compileCondition(when, `/triggers/${index}/when`);
    const compiled: CompiledTrigger = {
      index,
      type: change,
      // Whoever names fields means changes of them, unless other kinds are named too.
      kinds: new Set(kinds ?? (fields ? ['changed'] : changeKinds)),
      ...(fields && { fields: new Set(fields) }),
      per: per ?? 'change',
      cascade: cascade ?? true,
      ...(condition && { condition }),
      needs: condition ? needsOf(condition.tree) : [],
      ...(parameters && { parameters: compileTriggerParameters(parameters, `/triggers/${index}/parameters`) }),
    };
    return [compiled];
  });

/**
 * Whether a change of a type and kind that the trigger watches starts the workflow, or why not. A promise only where the condition
 * needs one. What the condition certainly needs is looked at first: a change without it does not meet the condition, even if some
 * other part of the condition would fail.
 * @throws Failure `expression.failed`, thrown or as the promise's rejection
 */
export const matchTrigger = (
  trigger: CompiledTrigger,
  change: ChangeView,
  env: EvaluationEnv,
): 'met' | UnmetReason | Promise<'met' | UnmetReason> => {
  const { cascade, fields, needs, condition } = trigger;
  if (!cascade && change.origin.runId !== undefined && change.origin.depth > 0) return 'cascade';
  if (fields && change.kind === 'changed' && !change.changedFields.some((field) => fields.has(field))) return 'fields';
  if (!condition) return 'met';
  if (!needs.every((need) => hasNeed(need, change))) return 'condition';
  const value = condition.evaluate(changeScope(change), env);
  return value instanceof Promise ? value.then(asVerdict) : asVerdict(value);
};

const asVerdict = (value: unknown): 'met' | UnmetReason => (isMet(value) ? 'met' : 'condition');
