import type { Ledger } from '@nightshift/ledger';
import type { DispatchRequested } from '../dispatch-requested.ts';
import type { FaultLog } from '../loops/fault-log.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { versionOf } from './fire-recurrence.ts';
import { occurrenceRun } from './occurrence-run.ts';
import type { IsThingGone } from './thing-gone.ts';

export interface StartQueuedDeps {
  ledger: Pick<Ledger, 'recurrences' | 'workflows'>;
  dispatch: DispatchRequested;
  isThingGone: IsThingGone;
  metrics: SchedulerMetrics;
  faults: FaultLog;
}

/** Between the end of a run and the start of the next in the queue, at most. Smaller asks the ledger more often. */
const EVERY_MS = 500;
const BATCH = 500;

/** Starts the next moment of every queue whose previous run has ended. @returns the milliseconds until the next turn */
export const makeStartQueued =
  ({ ledger, dispatch, isThingGone, metrics, faults }: StartQueuedDeps) =>
  async (): Promise<number> => {
    const ready = await ledger.recurrences.withReadyQueue(BATCH);
    faults.answered('ledger.unavailable');
    for (const recurrence of ready) {
      const version = await versionOf(ledger, recurrence);
      const isGone = await isThingGone(recurrence.spec);
      const run = await ledger.recurrences.fireQueued(recurrence, (plannedAt, at) => {
        if (isGone) return 'thingGone';
        return version === undefined ? 'unpublished' : occurrenceRun(recurrence, plannedAt, version, at);
      });
      if (!run) continue;
      metrics.recurrencesFired.inc();
      await dispatch([run]);
    }
    return EVERY_MS;
  };
