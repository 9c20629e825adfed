import type { Violation } from '@nightshift/contracts';
import type { Ledger, WorkflowVersion } from '@nightshift/ledger';
import { checkDocument, type KnownWorkflow } from '@nightshift/workflow-core';
import { within } from '../door/checked.ts';
import { readKnownWorkflows } from './known-workflows.ts';
import type { StartableWorkflow } from './startable-workflow.ts';

export interface FindBreakagesDeps {
  ledger: Pick<Ledger, 'workflows'>;
}

/** The workflows that a document may start, while one of them is what it was, and once it is what it is to be. */
interface Known {
  before: readonly KnownWorkflow[];
  after: readonly KnownWorkflow[];
}

const keyOf = ({ pointer, detail }: Violation): string => `${pointer} ${detail}`;

/**
 * What is wrong with a document after, and was not before. Types are left out, for they are as they were. So is its name: by that, an older
 * version of the workflow itself would be checked against its own parameters, and not against those that its next cycle is to get.
 */
const newViolations = (document: object, { before, after }: Known): Violation[] => {
  const check = (workflows: readonly KnownWorkflow[]): Violation[] => {
    const result = checkDocument({ ...document, workflow: '' }, { types: [], workflows });
    return result.ok ? [] : result.violations;
  };
  const known = new Set(check(before).map(keyOf));
  return check(after).filter((violation) => !known.has(keyOf(violation)));
};

/**
 * What would break if a version of a workflow were published: starts that are planned with the latest version, and documents that are
 * published, or that open runs are executed with, and that start the workflow with parameters which they have written out. At most
 * `limit`. Costs a look at every saved document, so it is for a version with other parameters only.
 */
export const makeFindBreakages = ({ ledger }: FindBreakagesDeps) => {
  const brokenStarts = async function* (next: StartableWorkflow): AsyncGenerator<Violation> {
    for await (const start of ledger.workflows.plannedStarts(next.name)) {
      const result = next.check(structuredClone(start.parameters));
      if (result.ok) continue;
      const [place, what] =
        start.kind === 'recurrence'
          ? [`/recurrences/${start.key}`, `recurrence "${start.key}"`]
          : [`/runs/${start.runId}`, `scheduled run ${start.runId}`];
      for (const violation of within(place, result.violations)) {
        yield { ...violation, detail: `${violation.detail} (${what})` };
      }
    }
  };

  const readKnown = async ({ name, document: { parameters } }: StartableWorkflow): Promise<Known> => {
    const before = await readKnownWorkflows(ledger);
    const renewed: KnownWorkflow = { name, ...(parameters !== undefined && { parameters }) };
    return { before, after: before.map((workflow) => (workflow.name === name ? renewed : workflow)) };
  };

  /** What a version of another workflow, or an older one of this, breaks by. Most do not even name the workflow. */
  const breakagesOf = ({ workflow, version, document }: WorkflowVersion, name: string, known: Known): Violation[] =>
    JSON.stringify(document).includes(`"${name}"`)
      ? newViolations(document, known).map((violation) => ({
          ...violation,
          detail: `${violation.detail} (workflow "${workflow}", version ${version})`,
        }))
      : [];

  /** Only a version that would break is worth a look at all runs of its workflow. */
  const isOpen = async ({ workflow, version }: WorkflowVersion): Promise<boolean> =>
    (await ledger.workflows.openVersions(workflow)).some((open) => open.version === version);

  const brokenDocuments = async function* (next: StartableWorkflow): AsyncGenerator<Violation> {
    const known = await readKnown(next);
    for (const { name } of known.before) {
      for (const { version, published } of await ledger.workflows.versions(name)) {
        const isNext = name === next.name && version === next.version;
        const saved = isNext ? undefined : await ledger.workflows.version(name, version);
        const breakages = saved === undefined ? [] : breakagesOf(saved, next.name, known);
        if (saved === undefined || breakages.length === 0) continue;
        // The version that is replaced counts by its open runs alone.
        if ((published && name !== next.name) || (await isOpen(saved))) yield* breakages;
      }
    }
  };

  return async (next: StartableWorkflow, limit: number): Promise<Violation[]> => {
    const found: Violation[] = [];
    for (const breakages of [brokenStarts(next), brokenDocuments(next)]) {
      for await (const breakage of breakages) {
        if (found.push(breakage) === limit) return found;
      }
    }
    return found;
  };
};
