import type { Check } from '@nightshift/contracts';
import { compileUserSchema } from '@nightshift/contracts';
import type { WorkflowVersion } from '@nightshift/ledger';
import {
  compileEventTriggers,
  guardsOf,
  type CompiledEventTrigger,
  type WorkflowDocument,
} from '@nightshift/workflow-core';

/** One event trigger of a published workflow. */
export interface PublishedEventTrigger {
  readonly workflow: string;
  readonly workflowVersion: number;
  readonly compiled: CompiledEventTrigger;
  /** Checks the parameters that the trigger gives, and adds the defaults that the workflow declares. */
  readonly check: Check<unknown>;
  /** How deep its runs may be: beyond, workflows start each other in a circle. */
  readonly depthLimit: number;
}

/** The event triggers of all published workflows, by the type of events. */
export interface EventTriggerIndex {
  /** In order of the workflows' names. */
  of(type: string): readonly PublishedEventTrigger[];
  /** Puts what is published now in the place of what these workflows had. */
  update(published: readonly WorkflowVersion[]): void;
}

const none: readonly PublishedEventTrigger[] = [];

/** @param onBroken told of a workflow that does not compile; the others work without it */
export const makeEventTriggerIndex = (onBroken: (workflow: string, error: unknown) => void): EventTriggerIndex => {
  const byWorkflow = new Map<string, readonly PublishedEventTrigger[]>();
  const byType = new Map<string, PublishedEventTrigger[]>();

  const remove = (workflow: string): void => {
    for (const trigger of byWorkflow.get(workflow) ?? none) {
      const { type } = trigger.compiled;
      const rest = byType.get(type)!.filter((other) => other !== trigger);
      if (rest.length > 0) byType.set(type, rest);
      else byType.delete(type);
    }
    byWorkflow.delete(workflow);
  };

  const add = (workflow: string, triggers: readonly PublishedEventTrigger[]): void => {
    if (triggers.length === 0) return;
    byWorkflow.set(workflow, triggers);
    for (const trigger of triggers) {
      const { type } = trigger.compiled;
      byType.set(type, [...(byType.get(type) ?? none), trigger].sort(byName));
    }
  };

  return {
    of: (type) => byType.get(type) ?? none,
    update: (published) => {
      for (const version of published) {
        remove(version.workflow);
        try {
          add(version.workflow, triggersOf(version));
        } catch (error) {
          onBroken(version.workflow, error);
        }
      }
    },
  };
};

const byName = (a: PublishedEventTrigger, b: PublishedEventTrigger): number =>
  a.workflow === b.workflow ? a.compiled.index - b.compiled.index : a.workflow < b.workflow ? -1 : 1;

const triggersOf = ({ workflow, version, document }: WorkflowVersion): PublishedEventTrigger[] => {
  const checkedAtSave = document as WorkflowDocument;
  const compiled = compileEventTriggers(checkedAtSave);
  if (compiled.length === 0) return [];
  const check = compileUserSchema(checkedAtSave.parameters ?? { type: 'object' });
  const depthLimit = guardsOf(checkedAtSave).depth;
  return compiled.map((trigger) => ({ workflow, workflowVersion: version, compiled: trigger, check, depthLimit }));
};
