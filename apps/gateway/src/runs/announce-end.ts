import { dispatchId, signals, subjects, type Dispatch, type RunOutcome } from '@nightshift/contracts';
import type { Appended } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';

export interface EndedRun {
  outcome: RunOutcome;
  /** Of the event that ended it. */
  version: number;
  waiter: string | undefined;
  appended: Extract<Appended, { outcome: 'appended' }>;
}

/**
 * Tells of an end that was committed here: the executor, which puts the event on the feed, and whoever waits for the run: a caller, the
 * list that it was an item of, the run that called it. Each of them would find out without it, later.
 */
export const makeAnnounceEnd =
  ({ bus }: { bus: Pick<Bus, 'publish' | 'send'> }) =>
  ({ outcome, version, waiter, appended }: EndedRun): void => {
    const { runId } = outcome;
    const { listId, callerRunId } = appended;
    const dispatch = (message: Dispatch, id: string): void =>
      bus.publish(subjects.dispatch, JSON.stringify(message), { id });

    dispatch({ runId, version }, dispatchId({ runId, version }));
    if (waiter !== undefined) bus.send(subjects.outcome(waiter), outcome);
    if (listId !== null) bus.send(signals.lists, { listIds: [listId] });
    // The caller's own version is not known here; none of its events are new.
    if (callerRunId !== null) {
      dispatch({ runId: callerRunId, version: Number.MAX_SAFE_INTEGER }, `${callerRunId}:after:${runId}`);
    }
  };
