import { Failure, type Progress } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { WorkflowDocument } from '@nightshift/workflow-core';
import { chainProgress } from './chain-progress.ts';
import { listProgress } from './list-progress.ts';
import { runProgress } from './run-progress.ts';

export interface ReadProgressDeps {
  ledger: Pick<Ledger, 'runs' | 'lists' | 'workflows'>;
  nowMs: () => number;
}

/**
 * How far a run, a list or a chain is. A chain's id is that of its first run; while it has one cycle only, it is a run.
 * @throws Failure `run.not_found`
 */
export const makeReadProgress =
  ({ ledger, nowMs }: ReadProgressDeps) =>
  async (id: string): Promise<Progress> => {
    const [run, list] = await Promise.all([ledger.runs.find(id), ledger.lists.find(id)]);
    if (list !== undefined) return listProgress(list, nowMs());
    if (run === undefined) throw new Failure('run.not_found', { detail: `There is no run, list or chain ${id}` });

    if (run.chainId === id) {
      const [{ items }, counts] = await Promise.all([
        ledger.runs.search({ chainId: id }, 1),
        ledger.runs.countChain(id),
      ]);
      const last = items[0];
      if (last !== undefined && last.id !== id) return chainProgress(run, last, counts);
    }
    const [events, version] = await Promise.all([
      ledger.runs.events(id),
      ledger.workflows.version(run.workflow, run.workflowVersion),
    ]);
    const steps = version === undefined ? null : (version.document as WorkflowDocument).do.length;
    return runProgress({ run, events, steps, nowMs: nowMs() });
  };
