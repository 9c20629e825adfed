import { dispatchId, dispatchText, signals, subjects, type Dispatch, type RunOutcome } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';

export interface CancelPreviousDeps {
  ledger: Pick<Ledger, 'control'>;
  bus: Pick<Bus, 'publish' | 'send'>;
}

/** Cancels the run of an earlier moment, because that of a later one is to start. One that has ended meanwhile stays so. */
export type CancelPrevious = (runId: string) => Promise<void>;

export const makeCancelPrevious =
  ({ ledger, bus }: CancelPreviousDeps): CancelPrevious =>
  async (previousId) => {
    const dispatch = (message: Dispatch): void =>
      bus.publish(subjects.dispatch, dispatchText(message), { id: dispatchId(message) });
    const reason = 'the next planned moment of its recurrence has come';
    const { changed, wokenRunIds } = await ledger.control.cancel({ runIds: [previousId] }, { reason });
    for (const { runId, version, waiter } of changed) {
      // An executor that is at it stops, and another puts the end on the feed.
      dispatch({ runId, version });
      bus.send(signals.interrupted, { runIds: [runId] });
      if (waiter !== undefined) bus.send(subjects.outcome(waiter), { runId, status: 'cancelled' } satisfies RunOutcome);
    }
    // Of a run that became ready elsewhere neither the version is known here, nor is any of its events new.
    for (const runId of wokenRunIds) {
      bus.publish(subjects.dispatch, dispatchText({ runId, version: Number.MAX_SAFE_INTEGER }));
    }
  };
