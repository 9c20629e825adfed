import {
  dispatchId,
  dispatchText,
  isDueAt,
  signals,
  subjects,
  type Dispatch,
  type RunEvent,
  type RunOutcome,
  type RunRequested,
} from '@nightshift/contracts';
import type { Append, Appended, Ledger, OutsideEvent } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { PublishEvents } from './run-feed.ts';

/** What others hear of a commit. All of it can be lost: each is found again by looking at the ledger. */
export type AnnounceCommit = (
  requested: RunRequested,
  append: Append,
  appended: Extract<Appended, { outcome: 'appended' }>,
  events: readonly RunEvent[],
) => void;

/** Timers due sooner than this are told to the schedulers, which look ahead about as far by themselves. */
const SOON_MS = 5_000;

/** Shorter, and signals cost more than they save; longer, and executors run dry before a list hands out more. */
const SIGNAL_EVERY_MS = 10;

export interface AnnounceCommitDeps {
  ledger: Pick<Ledger, 'events'>;
  bus: Bus;
  publishEvents: PublishEvents;
  onError: (error: unknown) => void;
}

export const makeAnnounceCommit = ({ ledger, bus, publishEvents, onError }: AnnounceCommitDeps): AnnounceCommit => {
  const dispatch = (message: Dispatch): void =>
    bus.publish(subjects.dispatch, dispatchText(message), { id: dispatchId(message) });

  const signalList = makeSignalLists(bus);

  const announceTimer = (dueAt: string): void => {
    if (Date.parse(dueAt) - Date.now() < SOON_MS) bus.send(signals.timers, { dueAt });
  };

  const deliver = async (emitted: readonly OutsideEvent[]): Promise<void> => {
    for (const woken of await ledger.events.deliver(emitted)) dispatch(woken);
  };

  return (requested, append, appended, events) => {
    const outcome = requested.waiter && outcomeOf(append.runId, events.at(-1)!);
    if (requested.waiter && outcome) bus.send(subjects.outcome(requested.waiter), outcome);
    publishEvents(requested, events);
    for (const run of append.runs ?? []) {
      // A held run goes nowhere, but its events are for the feed.
      if (run.held) dispatch({ runId: run.runId, version: 1 });
      else if (run.requested.dueAt && !isDueAt(run.requested, run.at)) announceTimer(run.requested.dueAt);
      else dispatch({ runId: run.runId, version: 1, requested: { at: run.at, data: run.requested } });
    }
    if (append.rests?.wakeAt) announceTimer(append.rests.wakeAt);
    if (append.emitted) deliver(append.emitted).catch(onError);
    for (const runId of appended.wokenRunIds ?? []) dispatch({ runId, version: Number.MAX_SAFE_INTEGER });
    for (const list of append.lists ?? []) signalList(list.listId);
    if (appended.listId) signalList(appended.listId);
    // The caller's own next version is not known here; none of its events are new.
    if (appended.callerRunId) wakeCaller(bus, appended.callerRunId, append.runId);
  };
};

/**
 * Says that lists moved: the first at once, those that follow closely together. A list of a million items would otherwise
 * send as many signals; a list that goes one by one must not wait for company.
 */
const makeSignalLists = (bus: Bus): ((listId: string) => void) => {
  let moved = new Set<string>();
  let isResting = false;
  const send = (): void => {
    if (moved.size === 0) {
      isResting = false;
      return;
    }
    bus.send(signals.lists, { listIds: [...moved] });
    moved = new Set();
    setTimeout(send, SIGNAL_EVERY_MS);
  };
  return (listId) => {
    moved.add(listId);
    if (isResting) return;
    isResting = true;
    queueMicrotask(send);
  };
};

const wakeCaller = (bus: Bus, runId: string, calledRunId: string): void =>
  bus.publish(subjects.dispatch, JSON.stringify({ runId, version: Number.MAX_SAFE_INTEGER } satisfies Dispatch), {
    id: `${runId}:after:${calledRunId}`,
  });

const outcomeOf = (runId: string, last: RunEvent): RunOutcome | undefined => {
  switch (last.type) {
    case 'RunSucceeded':
      return { runId, status: 'succeeded', result: last.data.result };
    case 'RunFailed':
      return { runId, status: 'failed', problem: last.data.problem };
    case 'RunCancelled':
      return { runId, status: 'cancelled' };
    default:
      return undefined;
  }
};
