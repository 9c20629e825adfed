import { compileUserSchema, Failure, type Check } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { guardsOf, type WorkflowDocument } from '@nightshift/workflow-core';

/** The published version of a workflow, ready for its runs to be requested. */
export interface StartableWorkflow {
  readonly name: string;
  readonly version: number;
  /** Checks parameters and adds the defaults that the schema declares to them. */
  readonly check: Check<unknown>;
  /** How deep its runs may be: beyond, workflows start each other in a circle. */
  readonly depthLimit: number;
}

/** The workflow as it is published now, or why it cannot be started. @throws Failure `ledger.unavailable` */
export type StartableWorkflows = (name: string) => Promise<StartableWorkflow | Failure>;

/** Compiled checks are kept for as long as the version is published. */
export const makeStartableWorkflows = ({ ledger }: { ledger: Pick<Ledger, 'workflows'> }): StartableWorkflows => {
  const known = new Map<string, StartableWorkflow>();
  return async (name) => {
    const info = await ledger.workflows.find(name);
    if (info === undefined) {
      known.delete(name);
      return new Failure('workflow.not_found', { detail: `There is no workflow "${name}"` });
    }
    const { publishedVersion: version } = info;
    if (version === null) {
      return new Failure('workflow.not_published', { detail: `Workflow "${name}" is a draft: publish it first` });
    }
    const before = known.get(name);
    if (before?.version === version) return before;
    const document = (await ledger.workflows.version(name, version))!.document as WorkflowDocument;
    const workflow: StartableWorkflow = {
      name,
      version,
      check: compileUserSchema(document.parameters ?? { type: 'object' }),
      depthLimit: guardsOf(document).depth,
    };
    known.set(name, workflow);
    return workflow;
  };
};
