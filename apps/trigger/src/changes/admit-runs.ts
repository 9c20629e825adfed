import { asFailure, dispatchId, dispatchText, laneOf, signals, subjects, type Failure } from '@nightshift/contracts';
import type { RequestedRun } from '@nightshift/ledger';
import type { Bus, Delivered } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { TriggerMetrics } from '../metrics.ts';
import type { RequestRun } from '../starts/request-run.ts';

/** A run to be requested, the message that asks for it, and when that was committed. */
export interface Start {
  run: RequestedRun;
  message: Delivered;
  committedAtMs: number;
}

/** A start that the ledger refuses for good. */
export interface Refused {
  start: Start;
  failure: Failure;
}

/** Requests the runs and dispatches them, in this order. @throws Failure when some of them are to be tried again */
export type AdmitRuns = (starts: readonly Start[]) => Promise<Refused[]>;

export interface AdmitRunsDeps {
  requestRun: RequestRun;
  bus: Pick<Bus, 'publish' | 'send' | 'whenWritable'>;
  metrics: TriggerMetrics;
  logger: Pick<Logger, 'warn'>;
}

/**
 * How often the ledger may refuse a run before the stream goes on without it: some ten seconds of growing delays. Smaller puts
 * aside what a short fault refused; larger lets one bad run hold up all changes.
 */
const MOST_REFUSALS = 8;
/** Schedulers read ahead by themselves what is due later than this. */
const SIGNAL_AHEAD_MS = 5_000;

/** All requests share group commits. One that is there already comes from a redelivery; its dispatch may have been lost. */
export const makeAdmitRuns = ({ requestRun, bus, metrics, logger }: AdmitRunsDeps): AdmitRuns => {
  const refusals = new Map<string, number>();

  const refusesForGood = (runId: string, failure: Failure): boolean => {
    // Anything else is an outage: it ends, and the run with it is as good as before.
    if (failure.code !== 'platform.bug') return false;
    const times = (refusals.get(runId) ?? 0) + 1;
    refusals.set(runId, times);
    return times >= MOST_REFUSALS;
  };

  return async (starts) => {
    const outcomes = await Promise.allSettled(starts.map(({ run }) => requestRun(run)));
    const now = Date.now();
    const refused: Refused[] = [];
    const queued = new Set<string>();
    let again: Failure | undefined;
    outcomes.forEach((outcome, index) => {
      const start = starts[index]!;
      const { runId, requested, held } = start.run;
      if (outcome.status === 'rejected') {
        const failure = asFailure(outcome.reason);
        if (refusesForGood(runId, failure)) refused.push({ start, failure });
        else again = failure;
        return;
      }
      const { isNew, isGated, dispatch, dueAt } = outcome.value;
      if (isGated) queued.add(requested.workflow);
      if (dispatch) {
        bus.publish(subjects.dispatchLane(laneOf(requested.workflow)), dispatchText(dispatch), {
          id: dispatchId(dispatch),
        });
      }
      if (dueAt !== undefined && Date.parse(dueAt) - now <= SIGNAL_AHEAD_MS) bus.send(signals.timers, { dueAt });
      if (held) {
        logger.warn({ runId, workflow: requested.workflow, ...held.guard }, 'run held by a guard');
        metrics.runsHeld.inc({ guard: held.guard!.name, workflow: requested.workflow });
      }
      if (!isNew) return;
      metrics.runsRequested.inc();
      metrics.admission.observe(Math.max(0, now - start.committedAtMs) / 1000);
    });
    if (queued.size > 0) bus.send(signals.flows, { workflows: [...queued] });
    await bus.whenWritable();
    if (again !== undefined) throw again;
    refusals.clear();
    return refused;
  };
};
