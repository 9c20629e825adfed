import { dispatchId, dispatchText, laneOf, signals, subjects } from '@nightshift/contracts';
import type { RequestedRun } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';

/** Says that new runs are ready, with what they hold, so that the executor need not read them. Those that a guard holds are not; queues are told of those that stand in them. */
export type DispatchRequested = (runs: readonly RequestedRun[]) => Promise<void>;

/** Resolves when more may be dispatched, not when the messages are stored: a lost one is the reconciler's. */
export const makeDispatchRequested =
  (bus: Pick<Bus, 'publish' | 'send' | 'whenWritable'>): DispatchRequested =>
  async (runs) => {
    const queued = new Set<string>();
    for (const { runId, at, requested, held, isGated } of runs) {
      if (isGated) queued.add(requested.workflow);
      if (held || isGated) continue;
      const dispatch = { runId, version: 1, requested: { at, data: requested } };
      bus.publish(subjects.dispatchLane(laneOf(requested.workflow)), dispatchText(dispatch), {
        id: dispatchId(dispatch),
      });
    }
    if (queued.size > 0) bus.send(signals.flows, { workflows: [...queued] });
    await bus.whenWritable();
  };
