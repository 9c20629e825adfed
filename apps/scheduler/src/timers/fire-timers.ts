import { dispatchId, dispatchText, laneOf, signals, subjects } from '@nightshift/contracts';
import type { Ledger, Timer } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { SchedulerMetrics } from '../metrics.ts';

export interface FireTimersDeps {
  ledger: Pick<Ledger, 'timers'>;
  bus: Pick<Bus, 'publish' | 'send' | 'whenWritable'>;
  metrics: SchedulerMetrics;
}

/** Fires what is still there and dispatches its runs. @returns how many timers this process was first with */
export const makeFireTimers =
  ({ ledger, bus, metrics }: FireTimersDeps) =>
  async (timers: readonly Timer[]): Promise<number> => {
    const ready = await ledger.timers.fire(timers, new Date());
    const firedAt = Date.now();
    const known = new Map(timers.map((timer) => [timer.runId, timer]));
    const queued = new Set<string>();
    for (const { runId, version, workflow, isGated } of ready) {
      const { kind, dueAt } = known.get(runId)!;
      metrics.lateness.observe({ kind: 'timer' }, Math.max(0, firedAt - dueAt.getTime()) / 1000);
      if (isGated) {
        queued.add(workflow);
        continue;
      }
      // Nothing of a run that waited for its start has been on the feed.
      const text = dispatchText({ runId, version: kind === 'start' ? 1 : version });
      bus.publish(subjects.dispatchLane(laneOf(workflow)), text, { id: dispatchId({ runId, version }) });
    }
    if (queued.size > 0) bus.send(signals.flows, { workflows: [...queued] });
    metrics.timersFired.inc(ready.length);
    await bus.whenWritable();
    return ready.length;
  };
