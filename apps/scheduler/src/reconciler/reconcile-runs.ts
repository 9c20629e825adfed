import { consumers, DISPATCH_LANES, streams, subjects, type Dispatch } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { FaultLog } from '../loops/fault-log.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface ReconcileRunsDeps {
  ledger: Pick<Ledger, 'runs'>;
  bus: Pick<Bus, 'publish' | 'whenWritable' | 'oldestUndelivered'>;
  metrics: SchedulerMetrics;
  faults: FaultLog;
  logger: Logger;
}

/** Everybody who hands runs to executors. */
const queues = [
  consumers.executor,
  ...Array.from({ length: DISPATCH_LANES }, (_, lane) => consumers.executorLane(lane)),
];

const EVERY_MS = 1_000;
const BATCH = 500;

/**
 * Dispatches again the runs that are ready and that nobody moves: their dispatch was lost. A run whose dispatch still lies in
 * the stream is not lost but queued, so only runs older than the oldest undelivered message count.
 *
 * The message says version 1, for nothing is known of what reached the feed before the loss. Its id is never that of
 * the lost dispatch: the server may remember that one, and would drop this.
 *
 * @returns the milliseconds until the next turn
 */
export const makeReconcileRuns =
  ({ ledger, bus, metrics, faults, logger }: ReconcileRunsDeps) =>
  async (): Promise<number> => {
    const queuedSince = await bus.oldestUndelivered(streams.dispatch, ...queues);
    faults.answered('messaging.unavailable');
    const now = new Date();
    const before = queuedSince && queuedSince < now ? queuedSince : now;
    for (;;) {
      const stalled = await ledger.runs.takeStalled(before, BATCH);
      faults.answered('ledger.unavailable');
      if (stalled.length === 0) break;
      const second = Math.floor(Date.now() / 1000);
      for (const { runId, version } of stalled) {
        const dispatch: Dispatch = { runId, version: 1 };
        bus.publish(subjects.dispatch, JSON.stringify(dispatch), { id: `reconcile:${runId}:${version}:${second}` });
      }
      metrics.runsReconciled.inc(stalled.length);
      logger.info({ runs: stalled.length, firstRunId: stalled[0]!.runId, before }, 'stalled runs dispatched again');
      await bus.whenWritable();
      if (stalled.length < BATCH) break;
    }
    return EVERY_MS;
  };
