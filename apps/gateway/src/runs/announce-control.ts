import { signals, subjects, type RunOutcome } from '@nightshift/contracts';
import type { ChangedRun } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { SIGNAL_AHEAD_MS } from '../schedules/schedule-run.ts';
import type { DispatchRuns } from './dispatch-runs.ts';

export interface AnnounceControlDeps {
  bus: Pick<Bus, 'send'>;
  dispatchRuns: DispatchRuns;
  nowMs: () => number;
}

/** What one signal names: 36 bytes each, and a message may have a million. */
const SIGNALLED_AT_ONCE = 1_000;

const chunks = function* <T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += SIGNALLED_AT_ONCE) yield all.slice(from, from + SIGNALLED_AT_ONCE);
};

/**
 * Tells of runs that were cancelled, paused, resumed or retried here, whoever has to do with them: executors, which put the events on
 * the feed and go on or stop; callers, lists and calling runs that wait for an end; schedulers, of what is due soon. Each of them
 * would find out without it, later.
 */
export type AnnounceControl = (changed: readonly ChangedRun[]) => void;

export const makeAnnounceControl =
  ({ bus, dispatchRuns, nowMs }: AnnounceControlDeps): AnnounceControl =>
  (changed) => {
    dispatchRuns.moved(changed.map(({ runId, version }) => ({ runId, version })));

    const interrupted = changed.filter(({ status }) => status === 'cancelled' || status === 'paused');
    for (const runIds of chunks(interrupted.map(({ runId }) => runId))) bus.send(signals.interrupted, { runIds });

    const cancelled = changed.filter(({ status }) => status === 'cancelled');
    for (const { runId, waiter } of cancelled) {
      if (waiter === undefined) continue;
      const outcome: RunOutcome = { runId, status: 'cancelled' };
      bus.send(subjects.outcome(waiter), outcome);
    }
    dispatchRuns.ready(cancelled.flatMap(({ callerRunId }) => callerRunId ?? []));
    const lists = new Set(cancelled.flatMap(({ listId }) => listId ?? []));
    for (const listIds of chunks([...lists])) bus.send(signals.lists, { listIds });

    // A cancelled run leaves room, a resumed or retried one may be next.
    const workflows = new Set(changed.flatMap(({ status, workflow }) => (status === 'paused' ? [] : workflow)));
    if (workflows.size > 0) dispatchRuns.queued([...workflows]);

    const [dueAt] = changed
      .flatMap((run) => (run.status === 'scheduled' && run.dueAt !== null ? run.dueAt : []))
      .sort((one, other) => Date.parse(one) - Date.parse(other));
    if (dueAt !== undefined && Date.parse(dueAt) - nowMs() <= SIGNAL_AHEAD_MS) bus.send(signals.timers, { dueAt });
  };
