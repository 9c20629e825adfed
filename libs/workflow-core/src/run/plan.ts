import type { Json } from '@nightshift/contracts';
import type { StepBody, WorkflowDocument } from '../document/document-schema.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { compileExpression, type CompiledExpression } from '../expressions/compile-expression.ts';
import { compileTemplate, expressionIn, type CompiledTemplate } from '../expressions/template.ts';
import { isStepKindName, stepKinds, type StepKindName } from '../steps/registry.ts';
import { retryOf, type Retry } from '../steps/retry.ts';
import type { StepKind } from '../steps/step-kind.ts';

/** One step, ready to be executed. */
export interface PlanStep {
  readonly index: number;
  readonly name: string;
  readonly kind: StepKindName;
  /** JSON Pointer into the document. */
  readonly pointer: string;
  /** Absent: always. */
  readonly condition?: CompiledExpression;
  /** The action; evaluated, it is what `prepare` takes. */
  readonly input: CompiledTemplate;
  readonly retry?: Retry;
  /** Whether the outcome cannot be computed again, so that it must be durable before anything after it begins. */
  readonly isRecorded: boolean;
  /** Whether a `StepStarted` must be durable before the effect begins. */
  readonly announcesStart: boolean;
  readonly prepare: StepKind['prepare'];
}

/** A version of a workflow, compiled once. Immutable; shared by all its runs. */
export interface Plan {
  readonly workflow: string;
  readonly steps: readonly PlanStep[];
  /** What the workflow returns; absent: nothing. */
  readonly result?: CompiledTemplate;
}

/**
 * Compiles a document that `checkDocument` found right.
 * @throws Error if an expression in it does not compile
 */
export const compileWorkflow = (document: WorkflowDocument): Plan => ({
  workflow: document.workflow,
  steps: document.do.map((entry, index) => {
    const [name, body] = Object.entries(entry)[0]!;
    return compileStep(index, name, body);
  }),
  ...(document.return !== undefined && { result: compileRightTemplate(document.return, '/return') }),
});

const compileStep = (index: number, name: string, body: StepBody): PlanStep => {
  const pointer = appendPointer(`/do/${index}`, name);
  const kind = Object.keys(body).find(isStepKindName);
  if (kind === undefined) throw new Error(`${pointer} has no action`);
  const { schema: _, ...stepKind } = stepKinds[kind] as StepKind;

  const condition = body.if === undefined ? undefined : compileCondition(body.if, `${pointer}/if`);
  const place = appendPointer(pointer, kind);
  const nullUnder = stepKind.nullIn === undefined ? undefined : appendPointer(place, stepKind.nullIn);
  const input = compileRightTemplate(body[kind] as Json, place, nullUnder);
  const isConditionRecorded = condition?.isRecorded ?? false;
  return {
    index,
    name,
    kind,
    pointer,
    ...(condition && { condition }),
    input,
    ...(body.retry && { retry: retryOf(body.retry) }),
    isRecorded: stepKind.isRecorded || input.isRecorded || isConditionRecorded,
    announcesStart: stepKind.announcesStart || isConditionRecorded,
    prepare: stepKind.prepare,
  };
};

const compileRightTemplate = (value: Json, pointer: string, nullUnder?: string): CompiledTemplate => {
  const template = compileTemplate(value, pointer, nullUnder);
  const [violation] = template.violations;
  if (violation) throw new Error(`${violation.pointer}: ${violation.detail}`);
  return template;
};

/** Compiles an `if` or a `when`. */
export const compileCondition = (source: string, pointer: string): CompiledExpression => {
  const condition = compileExpression(expressionIn(source), pointer);
  if ('problem' in condition) throw new Error(`${pointer}: ${condition.problem.detail}`);
  return condition;
};
