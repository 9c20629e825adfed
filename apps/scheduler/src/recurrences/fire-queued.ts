import type { Ledger, RecurrenceRow } from '@nightshift/ledger';
import type { DispatchRequested } from '../dispatch-requested.ts';
import type { FaultLog } from '../loops/fault-log.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { versionOf } from './fire-recurrence.ts';
import { occurrenceRun } from './occurrence-run.ts';
import type { IsThingGone } from './thing-gone.ts';

export interface FireQueuedDeps {
  ledger: Pick<Ledger, 'recurrences' | 'workflows'>;
  dispatch: DispatchRequested;
  isThingGone: IsThingGone;
  metrics: SchedulerMetrics;
}

/** Starts the run of the moment that is next in a recurrence's queue, if the previous run has ended. @returns whether this process was first */
export const makeFireQueued =
  ({ ledger, dispatch, isThingGone, metrics }: FireQueuedDeps) =>
  async (recurrence: RecurrenceRow): Promise<boolean> => {
    const version = await versionOf(ledger, recurrence);
    const isGone = await isThingGone(recurrence.spec);
    const run = await ledger.recurrences.fireQueued(recurrence, (plannedAt, at) => {
      if (isGone) return 'thingGone';
      return version === undefined ? 'unpublished' : occurrenceRun(recurrence, plannedAt, version, at);
    });
    if (!run) return false;
    metrics.recurrencesFired.inc();
    await dispatch([run]);
    return true;
  };

export interface WorkOffQueuesDeps {
  ledger: Pick<Ledger, 'recurrences'>;
  fireQueued: (recurrences: RecurrenceRow[]) => Promise<number>;
  faults: FaultLog;
}

/** Between the end of a run and the start of the next in the queue, at most. Smaller asks the ledger more often. */
const EVERY_MS = 500;
const BATCH = 500;

/** Looks after every queue whose previous run has ended. @returns the milliseconds until the next turn */
export const makeWorkOffQueues =
  ({ ledger, fireQueued, faults }: WorkOffQueuesDeps) =>
  async (): Promise<number> => {
    const ready = await ledger.recurrences.withReadyQueue(BATCH);
    faults.answered('ledger.unavailable');
    await fireQueued(ready);
    return EVERY_MS;
  };
