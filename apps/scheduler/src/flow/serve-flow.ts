import { dispatchId, dispatchText, laneOf, subjects } from '@nightshift/contracts';
import type { AdmissionRules, Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Turn } from '../loops/turn-queue.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { AnnounceEnded } from '../runs/announce-ended.ts';

export interface ServeFlowDeps {
  ledger: Pick<Ledger, 'flows' | 'control'>;
  bus: Pick<Bus, 'publish' | 'whenWritable'>;
  rules: AdmissionRules;
  announceEnded: AnnounceEnded;
  metrics: SchedulerMetrics;
}

/** Runs that are ended together. */
const ENDED_AT_ONCE = 1_000;

/**
 * Takes a turn at a workflow's queue: dispatches the runs that it admits, and ends those that are not to start. Undefined when another
 * scheduler is at it.
 */
export const makeServeFlow =
  ({ ledger, bus, rules, announceEnded, metrics }: ServeFlowDeps) =>
  async (workflow: string): Promise<Turn | undefined> => {
    const admission = await ledger.flows.admit(workflow, rules, new Date());
    if (!admission) return undefined;
    const { admitted, nextDueAt } = admission;
    const lane = subjects.dispatchLane(laneOf(workflow));
    for (const { runId, version } of admitted) {
      // Nothing of a run that stood in a queue has been on the feed.
      bus.publish(lane, dispatchText({ runId, version: 1 }), { id: dispatchId({ runId, version }) });
    }
    metrics.runsAdmitted.inc(admitted.length);
    await bus.whenWritable();
    const endings = await ledger.flows.endings(workflow, ENDED_AT_ONCE);
    if (endings.length > 0) announceEnded(await ledger.control.end(endings), endings);
    const isMore = endings.length === ENDED_AT_ONCE;
    return { started: admitted.length, nextDueAt: isMore ? new Date() : nextDueAt };
  };
