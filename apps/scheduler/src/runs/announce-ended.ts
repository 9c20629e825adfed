import { dispatchId, dispatchText, signals, subjects, type Dispatch, type RunOutcome } from '@nightshift/contracts';
import type { ControlResult, EndingEvent } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';

export interface AnnounceEndedDeps {
  bus: Pick<Bus, 'publish' | 'send'>;
}

/**
 * Tells of runs that this service ended whoever has to do with them: executors, which stop and put the end on the feed; callers, lists and
 * calling runs that wait for it. Each would find out without it, later.
 */
export type AnnounceEnded = (
  result: Pick<ControlResult, 'changed' | 'wokenRunIds'>,
  endings?: readonly { runId: string; event: EndingEvent }[],
) => void;

export const makeAnnounceEnded = ({ bus }: AnnounceEndedDeps): AnnounceEnded => {
  const dispatch = (message: Dispatch): void =>
    bus.publish(subjects.dispatch, dispatchText(message), { id: dispatchId(message) });
  // Of a run that became ready elsewhere neither the version is known here, nor is any of its events new.
  const wake = (runId: string): void =>
    bus.publish(subjects.dispatch, dispatchText({ runId, version: Number.MAX_SAFE_INTEGER }));

  return ({ changed, wokenRunIds }, endings = []) => {
    if (changed.length === 0 && wokenRunIds.length === 0) return;
    const events = new Map(endings.map(({ runId, event }) => [runId, event]));
    for (const { runId, version, waiter, callerRunId } of changed) {
      // Nothing of a run that has not started has been on the feed.
      dispatch({ runId, version: events.has(runId) ? 1 : version });
      if (waiter !== undefined) bus.send(subjects.outcome(waiter), outcomeOf(runId, events.get(runId)));
      if (callerRunId !== null) wake(callerRunId);
    }
    bus.send(signals.interrupted, { runIds: changed.map(({ runId }) => runId) });
    const listIds = new Set(changed.flatMap(({ listId }) => listId ?? []));
    if (listIds.size > 0) bus.send(signals.lists, { listIds: [...listIds] });
    const workflows = new Set(changed.map(({ workflow }) => workflow));
    if (workflows.size > 0) bus.send(signals.flows, { workflows: [...workflows] });
    for (const runId of wokenRunIds) wake(runId);
  };
};

const outcomeOf = (runId: string, event: EndingEvent | undefined): RunOutcome => {
  switch (event?.type) {
    case 'RunSucceeded':
      return { runId, status: 'succeeded', result: event.data.result };
    case 'RunFailed':
      return { runId, status: 'failed', problem: event.data.problem };
    default:
      return { runId, status: 'cancelled' };
  }
};
