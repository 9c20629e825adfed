import type { Ledger } from '@nightshift/ledger';
import { compileWorkflow, startsItself, type Plan, type WorkflowDocument } from '@nightshift/workflow-core';

/** What a version of a workflow has to do, and whether its runs are cycles of chains. */
export interface KnownPlan {
  plan: Plan;
  startsItself: boolean;
}

/** A version never changes, so compiled ones are kept; beyond this many the one that was compiled first goes. */
const KEPT = 200;

/** Compiles the versions whose runs somebody watches. Undefined for a version that is not there. */
export type KnownPlans = (workflow: string, version: number) => Promise<KnownPlan | undefined>;

export const makeKnownPlans = ({ ledger }: { ledger: Pick<Ledger, 'workflows'> }): KnownPlans => {
  const known = new Map<string, KnownPlan>();
  return async (workflow, version) => {
    const key = `${workflow}@${version}`;
    const kept = known.get(key);
    if (kept) return kept;
    const found = await ledger.workflows.version(workflow, version);
    if (!found) return undefined;
    const document = found.document as WorkflowDocument;
    const compiled = { plan: compileWorkflow(document), startsItself: startsItself(document) };
    if (known.size >= KEPT) known.delete(known.keys().next().value!);
    known.set(key, compiled);
    return compiled;
  };
};
