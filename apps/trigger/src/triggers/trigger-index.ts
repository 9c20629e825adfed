import { compileUserSchema, Failure, type ChangeKind } from '@nightshift/contracts';
import type { WorkflowVersion } from '@nightshift/ledger';
import { compileTriggers, guardsOf, type CompiledTrigger, type WorkflowDocument } from '@nightshift/workflow-core';

/** One trigger of a published workflow. */
export interface PublishedTrigger {
  readonly workflow: string;
  readonly workflowVersion: number;
  /** Its place among the workflow's triggers. */
  readonly index: number;
  readonly compiled: CompiledTrigger;
  /** What the workflow's parameters are when nobody gives any, or why there must be somebody. */
  readonly parameters: Record<string, unknown> | Failure;
  /** How deep its runs may be: beyond, workflows start each other in a circle. */
  readonly depthLimit: number;
}

/** The triggers of all published workflows, by what they watch. */
export interface TriggerIndex {
  /** In order of the workflows' names. */
  watching(type: string, kind: ChangeKind): readonly PublishedTrigger[];
}

const none: readonly PublishedTrigger[] = [];

/** @param onBroken told of a workflow that does not compile; the others work without it */
export const indexTriggers = (
  published: readonly WorkflowVersion[],
  onBroken: (workflow: string, error: unknown) => void,
): TriggerIndex => {
  const byWatched = new Map<string, PublishedTrigger[]>();
  for (const version of published.toSorted((a, b) => (a.workflow < b.workflow ? -1 : 1))) {
    try {
      for (const trigger of triggersOf(version)) {
        for (const kind of trigger.compiled.kinds) {
          const watched = `${kind} ${trigger.compiled.type}`;
          const known = byWatched.get(watched);
          if (known) known.push(trigger);
          else byWatched.set(watched, [trigger]);
        }
      }
    } catch (error) {
      onBroken(version.workflow, error);
    }
  }
  return { watching: (type, kind) => byWatched.get(`${kind} ${type}`) ?? none };
};

const triggersOf = ({ workflow, version, document }: WorkflowVersion): PublishedTrigger[] => {
  const compiled = compileTriggers(document as WorkflowDocument);
  if (compiled.length === 0) return [];
  const parameters = defaultParameters(workflow, document as WorkflowDocument);
  return compiled.map((trigger, index) => ({
    workflow,
    workflowVersion: version,
    index,
    compiled: trigger,
    parameters,
    depthLimit: guardsOf(document as WorkflowDocument).depth,
  }));
};

const defaultParameters = (workflow: string, document: WorkflowDocument): Record<string, unknown> | Failure => {
  const checked = compileUserSchema(document.parameters ?? { type: 'object' })({});
  return checked.ok
    ? (checked.value as Record<string, unknown>)
    : new Failure('parameters.invalid', {
        detail: `A change gives no parameters, but workflow "${workflow}" cannot start without`,
        errors: checked.violations,
      });
};
