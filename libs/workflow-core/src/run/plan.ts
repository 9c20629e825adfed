import { durationMs, type Json } from '@nightshift/contracts';
import type { StepBody, WorkflowDocument } from '../document/document-schema.ts';
import { appendPointer } from '../document/json-pointer.ts';
import type { CompiledExpression } from '../expressions/compile-expression.ts';
import { compileCondition, compileRightTemplate } from '../expressions/compile-right.ts';
import type { CompiledTemplate } from '../expressions/template.ts';
import { isBlockKindName, type BlockKindName } from '../blocks/blocks.ts';
import type { Catch } from '../steps/catch.ts';
import { isStepKindName, stepKinds, type StepKindName } from '../steps/registry.ts';
import { retryOf, type Retry } from '../steps/retry.ts';
import type { StepKind } from '../steps/step-kind.ts';
import { compileBlock, type PlanBlock } from './plan-block.ts';

/** Steps that follow each other: those of the workflow, of a block, of a `catch` or of a `compensate`. */
export interface PlanSequence {
  /** Empty for the workflow's own; unique within the plan. */
  readonly id: string;
  readonly role: 'root' | 'body' | 'catch' | 'compensate';
  /** The step that the sequence is a part of. */
  readonly owner?: PlanStep;
  /** Of a body: the case or branch that it is, or `do`. */
  readonly branch?: string;
  readonly steps: readonly PlanStep[];
}

/** What takes a step's failure. */
export interface PlanCatch {
  readonly errors: Catch['errors'];
  readonly retry?: Retry;
  readonly body: PlanSequence;
}

/** What a leaf step does. */
export interface PlanAction {
  /** Evaluated, it is what `prepare` takes. */
  readonly input: CompiledTemplate;
  readonly prepare: StepKind['prepare'];
  /** Names of the secrets that the input uses. */
  readonly secrets: readonly string[];
}

/** One step, ready to be executed. It has an action or is a block. */
export interface PlanStep {
  readonly index: number;
  readonly name: string;
  readonly kind: StepKindName | BlockKindName;
  /** JSON Pointer into the document. */
  readonly pointer: string;
  readonly sequence: PlanSequence;
  /** The sequences around it, outermost first; the workflow's own is not among them. */
  readonly path: readonly PlanSequence[];
  /** Absent: always. */
  readonly condition?: CompiledExpression;
  readonly action?: PlanAction;
  readonly block?: PlanBlock;
  readonly retry?: Retry;
  readonly catch?: PlanCatch;
  readonly compensate?: PlanSequence;
  readonly timeoutMs?: number;
  /** Whether the outcome cannot be computed again, so that it must be durable before anything after it begins. */
  readonly isRecorded: boolean;
  /** Whether a `StepStarted` must be durable before the effect begins. */
  readonly announcesStart: boolean;
  /** Every sequence inside of it, at any depth, but for those of its `compensate`. */
  readonly inner: readonly PlanSequence[];
}

/** A version of a workflow, compiled once. Immutable; shared by all its runs. */
export interface Plan {
  readonly workflow: string;
  readonly root: PlanSequence;
  /** Every step at any depth. */
  readonly steps: ReadonlyMap<string, PlanStep>;
  /** What the workflow returns; absent: nothing. */
  readonly result?: CompiledTemplate;
  readonly timeoutMs?: number;
  /** Whether steps may be under way side by side. */
  readonly hasForks: boolean;
  /** Whether a step or the whole run has a time limit. */
  readonly hasTimeLimits: boolean;
  /** Whether runs may claim what has to be given back: locks, outside events that they wait for. */
  readonly hasClaims: boolean;
}

/** What the compilation of one document gathers. */
export interface Compilation {
  readonly steps: Map<string, PlanStep>;
  compileSequence(
    steps: unknown,
    pointer: string,
    place: Pick<PlanSequence, 'role' | 'owner' | 'branch'>,
    path: readonly PlanSequence[],
  ): PlanSequence;
}

/**
 * Compiles a document that `checkDocument` found right.
 * @throws Error if an expression in it does not compile
 */
export const compileWorkflow = (document: WorkflowDocument): Plan => {
  const steps = new Map<string, PlanStep>();
  const compilation: Compilation = {
    steps,
    compileSequence: (entries, pointer, place, path) => {
      const compiled: PlanStep[] = [];
      const sequence: PlanSequence = { id: sequenceId(place), ...place, steps: compiled };
      const inside = place.role === 'root' ? path : [...path, sequence];
      (entries as WorkflowDocument['do']).forEach((entry, index) => {
        const [name, body] = Object.entries(entry)[0]!;
        const step = compileStep(compilation, name, body, appendPointer(`${pointer}/${index}`, name), {
          index,
          sequence,
          path: inside,
        });
        compiled.push(step);
        steps.set(name, step);
      });
      return sequence;
    },
  };
  const root = compilation.compileSequence(document.do, '/do', { role: 'root' }, []);
  const kinds = new Set([...steps.values()].map(({ kind }) => kind));
  return {
    workflow: document.workflow,
    root,
    steps,
    ...(document.return !== undefined && { result: compileRightTemplate(document.return, '/return') }),
    ...(document.timeout !== undefined && { timeoutMs: durationMs(document.timeout) }),
    hasTimeLimits: document.timeout !== undefined || [...steps.values()].some((step) => step.timeoutMs !== undefined),
    hasForks: kinds.has('fork'),
    hasClaims: kinds.has('lock') || kinds.has('waitFor'),
  };
};

const sequenceId = ({ role, owner, branch }: Pick<PlanSequence, 'role' | 'owner' | 'branch'>): string => {
  if (role === 'root') return '';
  return role === 'body' ? `${owner!.name}/${branch}` : `${owner!.name}:${role}`;
};

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const compileStep = (
  compilation: Compilation,
  name: string,
  body: StepBody,
  pointer: string,
  place: Pick<PlanStep, 'index' | 'sequence' | 'path'>,
): PlanStep => {
  const kind = Object.keys(body).find((key) => isStepKindName(key) || isBlockKindName(key));
  if (kind === undefined) throw new Error(`${pointer} has no action`);
  const condition = body.if === undefined ? undefined : compileCondition(body.if, `${pointer}/if`);
  const isConditionRecorded = condition?.isRecorded ?? false;
  const timeoutMs = body.timeout === undefined ? undefined : durationMs(body.timeout);
  const step: Writable<PlanStep> = {
    ...place,
    name,
    kind: kind as PlanStep['kind'],
    pointer,
    ...(condition && { condition }),
    ...(body.retry && { retry: retryOf(body.retry) }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    isRecorded: isConditionRecorded,
    announcesStart: isConditionRecorded || timeoutMs !== undefined,
    inner: [],
  };
  const at = appendPointer(pointer, kind);
  const inside = (steps: unknown, from: string, part: Pick<PlanSequence, 'role' | 'branch'>): PlanSequence =>
    compilation.compileSequence(steps, from, { ...part, owner: step }, place.path);

  if (isBlockKindName(kind)) {
    step.block = compileBlock(kind, body[kind] as Json, at, (steps, from, branch) =>
      inside(steps, from, { role: 'body', branch }),
    );
    step.isRecorded ||= step.block.isRecorded;
  } else {
    const { prepare, isRecorded, announcesStart, nullIn } = stepKinds[kind as StepKindName] as StepKind;
    const input = compileRightTemplate(
      body[kind] as Json,
      at,
      nullIn?.map((part) => appendPointer(at, part)),
    );
    step.action = { input, prepare, secrets: secretsIn(input) };
    step.isRecorded ||= isRecorded || input.isRecorded;
    step.announcesStart ||= announcesStart;
  }
  if (body.catch) {
    const { errors, retry, do: steps = [] } = body.catch;
    step.catch = {
      errors,
      ...(retry && { retry: retryOf(retry) }),
      body: inside(steps, `${pointer}/catch/do`, { role: 'catch' }),
    };
  }
  if (body.compensate) step.compensate = inside(body.compensate, `${pointer}/compensate`, { role: 'compensate' });
  step.inner = innerOf(step);
  return step;
};

const innerOf = ({ block, catch: handler }: PlanStep): PlanSequence[] =>
  [...(block?.bodies ?? []), ...(handler ? [handler.body] : [])].flatMap(withInner);

/** The sequence, and every one inside of it. */
export const withInner = (sequence: PlanSequence): PlanSequence[] => [
  sequence,
  ...sequence.steps.flatMap(({ inner, compensate }) => [...inner, ...(compensate ? withInner(compensate) : [])]),
];

const secretsIn = ({ expressions }: CompiledTemplate): string[] => [
  ...new Set(
    expressions.flatMap(({ expression }) =>
      expression.references.flatMap(({ name, path }) => (name === 'secrets' && path[0] !== undefined ? [path[0]] : [])),
    ),
  ),
];
