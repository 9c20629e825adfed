import { compileUserSchema, Failure, type ChangeKind, type Check } from '@nightshift/contracts';
import type { WorkflowVersion } from '@nightshift/ledger';
import {
  compileTriggers,
  guardsOf,
  makeTriggerLookup,
  type ChangeView,
  type CompiledTrigger,
  type WorkflowDocument,
} from '@nightshift/workflow-core';

/** One trigger of a published workflow. */
export interface PublishedTrigger {
  readonly workflow: string;
  readonly workflowVersion: number;
  /** Its place among the workflow's triggers. */
  readonly index: number;
  readonly compiled: CompiledTrigger;
  /** What the workflow's parameters are when nobody gives any, or why there must be somebody. */
  readonly parameters: Record<string, unknown> | Failure;
  /** Checks the parameters that the trigger gives, and adds the defaults. Absent: it gives none. */
  readonly check?: Check<unknown>;
  /** How deep its runs may be: beyond, workflows start each other in a circle. */
  readonly depthLimit: number;
}

/** The triggers of all published workflows, by what they watch and what their conditions need. */
export interface TriggerIndex {
  /** The triggers that a change can meet, in order of the workflows' names. With `per` only those that look at that. */
  candidates(change: ChangeView, per?: CompiledTrigger['per']): readonly PublishedTrigger[];
  /** How many triggers watch changes of this type and kind. */
  count(type: string, kind: ChangeKind, per?: CompiledTrigger['per']): number;
  /** The types that are watched. Reads all triggers. */
  types(): ReadonlySet<string>;
  /** The triggers of one workflow. */
  of(workflow: string): readonly PublishedTrigger[];
}

/** The same, brought up to date without building it anew. */
export interface ChangeableTriggerIndex extends TriggerIndex {
  /** Puts what is published now in the place of what these workflows had. */
  update(published: readonly WorkflowVersion[]): void;
}

const none: readonly PublishedTrigger[] = [];

/** @param onBroken told of a workflow that does not compile; the others work without it */
export const makeTriggerIndex = (onBroken: (workflow: string, error: unknown) => void): ChangeableTriggerIndex => {
  const lookup = makeTriggerLookup<PublishedTrigger>();
  const byWorkflow = new Map<string, readonly PublishedTrigger[]>();

  const triggersOrNone = (version: WorkflowVersion): readonly PublishedTrigger[] => {
    try {
      return triggersOf(version);
    } catch (error) {
      onBroken(version.workflow, error);
      return none;
    }
  };

  return {
    candidates: (change, per) => {
      const found = lookup.candidates(change, per);
      return found.length > 1 ? found.sort(byName) : found;
    },
    count: lookup.count,
    types: () => new Set([...byWorkflow.values()].flatMap((triggers) => triggers.map(({ compiled }) => compiled.type))),
    of: (workflow) => byWorkflow.get(workflow) ?? none,
    update: (published) => {
      for (const version of published) {
        for (const trigger of byWorkflow.get(version.workflow) ?? none) lookup.remove(trigger);
        const triggers = triggersOrNone(version);
        for (const trigger of triggers) lookup.add(trigger);
        if (triggers.length > 0) byWorkflow.set(version.workflow, triggers);
        else byWorkflow.delete(version.workflow);
      }
    },
  };
};

const byName = (a: PublishedTrigger, b: PublishedTrigger): number =>
  a.workflow === b.workflow ? a.index - b.index : a.workflow < b.workflow ? -1 : 1;

const triggersOf = ({ workflow, version, document }: WorkflowVersion): PublishedTrigger[] => {
  const compiled = compileTriggers(document as WorkflowDocument);
  if (compiled.length === 0) return [];
  const parameters = defaultParameters(workflow, document as WorkflowDocument);
  const schema = (document as WorkflowDocument).parameters ?? { type: 'object' };
  const check = compiled.some((trigger) => trigger.parameters) ? compileUserSchema(schema) : undefined;
  return compiled.map((trigger) => ({
    workflow,
    workflowVersion: version,
    index: trigger.index,
    compiled: trigger,
    parameters,
    ...(trigger.parameters && { check }),
    depthLimit: guardsOf(document as WorkflowDocument).depth,
  }));
};

const defaultParameters = (workflow: string, document: WorkflowDocument): Record<string, unknown> | Failure => {
  // Most have none, and compiling a schema costs as much as all the rest.
  if (document.parameters === undefined) return {};
  const checked = compileUserSchema(document.parameters)({});
  return checked.ok
    ? (checked.value as Record<string, unknown>)
    : new Failure('parameters.invalid', {
        detail: `A change gives no parameters, but workflow "${workflow}" cannot start without`,
        errors: checked.violations,
      });
};
