import { subjects, type Dispatch } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { FaultLog } from '../loops/fault-log.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface ReconcileWaitsDeps {
  ledger: { locks: Pick<Ledger['locks'], 'wakeForgotten'>; events: Pick<Ledger['events'], 'deliverForgotten'> };
  bus: Pick<Bus, 'publish' | 'whenWritable'>;
  metrics: SchedulerMetrics;
  faults: FaultLog;
  logger: Logger;
}

const EVERY_MS = 1_000;
const BATCH = 500;
/** Shorter, and it looks after what is just being delivered; longer, and what a dying process left waits longer. */
const GRACE_MS = 2_000;

/**
 * Wakes runs that wait for a lock that is free, or for an outside event that is there, and that were not told: whoever let the lock go,
 * took the event in or came to wait died before it had looked. The dispatch that it sends may be lost too; the run has a lease then.
 *
 * @returns the milliseconds until the next turn
 */
export const makeReconcileWaits =
  ({ ledger, bus, metrics, faults, logger }: ReconcileWaitsDeps) =>
  async (): Promise<number> => {
    const atLocks = await ledger.locks.wakeForgotten(BATCH);
    const atEvents = await ledger.events.deliverForgotten(new Date(Date.now() - GRACE_MS), BATCH);
    faults.answered('ledger.unavailable');
    if (atLocks.length + atEvents.length === 0) return EVERY_MS;
    const second = Math.floor(Date.now() / 1000);
    const dispatch = (message: Dispatch): void =>
      bus.publish(subjects.dispatch, JSON.stringify(message), { id: `reconcile:${message.runId}:wait:${second}` });
    // None of the events of a run that waits for a lock are new.
    for (const { runId } of atLocks) dispatch({ runId, version: Number.MAX_SAFE_INTEGER });
    for (const { runId, version } of atEvents) dispatch({ runId, version });
    metrics.waitsReconciled.inc({ kind: 'lock' }, atLocks.length);
    metrics.waitsReconciled.inc({ kind: 'event' }, atEvents.length);
    logger.info({ atLocks: atLocks.length, atEvents: atEvents.length }, 'forgotten waits ended');
    await bus.whenWritable();
    return EVERY_MS;
  };
