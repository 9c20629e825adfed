import { Failure, subjects } from '@nightshift/contracts';
import type { Delivered } from '@nightshift/messaging';
import type { Start } from '../changes/admit-runs.ts';
import { readStart } from './read-start.ts';
import { startedRun } from './started-run.ts';
import type { StartableWorkflow, StartableWorkflows } from './startable-workflows.ts';

/**
 * What those messages of a batch ask for that are starts from SQL: each a run to be requested, or why it cannot be.
 * @throws Failure `ledger.unavailable`
 */
export type ReadStarts = (batch: readonly Delivered[], at: string) => Promise<Map<Delivered, Start | Failure>>;

/** The ledger is asked once per batch for each workflow. */
export const makeReadStarts =
  ({ startable }: { startable: StartableWorkflows }): ReadStarts =>
  async (batch, at) => {
    const read = new Map<Delivered, Start | Failure>();
    const workflows = new Map<string, StartableWorkflow | Failure>();
    for (const message of batch) {
      if (message.delivery.subject !== subjects.sqlStart) continue;
      const asked = readStart(message.payload);
      if (asked instanceof Failure) {
        read.set(message, asked);
        continue;
      }
      const name = asked.start.workflow;
      const workflow = workflows.get(name) ?? (await startable(name));
      workflows.set(name, workflow);
      const run = workflow instanceof Failure ? workflow : startedRun(asked, workflow, at);
      read.set(message, run instanceof Failure ? run : { run, message, committedAtMs: asked.committedAtMs });
    }
    return read;
  };
