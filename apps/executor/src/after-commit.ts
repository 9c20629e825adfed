import {
  dispatchId,
  dispatchText,
  isDueAt,
  laneOf,
  signals,
  subjects,
  type Dispatch,
  type RunEvent,
  type RunRequested,
} from '@nightshift/contracts';
import type { Append, Appended, Ledger, OutsideEvent, RequestedRun } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { PublishEvents } from './run-feed.ts';
import type { TellCallers } from './tell-callers.ts';

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
  tellCallers: TellCallers;
  onError: (error: unknown) => void;
}

export const makeAnnounceCommit = ({
  ledger,
  bus,
  publishEvents,
  tellCallers,
  onError,
}: AnnounceCommitDeps): AnnounceCommit => {
  const dispatch = (message: Dispatch, subject: string = subjects.dispatch): void =>
    bus.publish(subject, dispatchText(message), { id: dispatchId(message) });

  const signalList = makeSignals((listIds) => bus.send(signals.lists, { listIds }));
  const signalFlow = makeSignals((workflows) => bus.send(signals.flows, { workflows }));

  const announceTimer = (dueAt: string): void => {
    if (Date.parse(dueAt) - Date.now() < SOON_MS) bus.send(signals.timers, { dueAt });
  };

  const deliver = async (emitted: readonly OutsideEvent[]): Promise<void> => {
    for (const woken of await ledger.events.deliver(emitted)) dispatch(woken);
  };

  return (requested, append, appended, events) => {
    tellCallers(requested, events);
    publishEvents(requested, events);
    if (append.isAdmitted && isEnded(events.at(-1)!)) signalFlow(requested.workflow);
    for (const run of append.runs ?? []) {
      if (appended.gatedRunIds?.includes(run.runId)) {
        signalFlow(run.requested.workflow);
        continue;
      }
      // A held run goes nowhere, but its events are for the feed.
      if (run.held) dispatch({ runId: run.runId, version: 1 });
      else if (run.requested.dueAt && !isDueAt(run.requested, run.at)) announceTimer(run.requested.dueAt);
      else dispatch({ runId: run.runId, version: 1, requested: { at: run.at, data: run.requested } }, laneFor(run));
    }
    if (append.rests?.wakeAt) announceTimer(append.rests.wakeAt);
    if (append.emitted) {
      bus.send(signals.events, {});
      deliver(append.emitted).catch(onError);
    }
    for (const runId of appended.wokenRunIds ?? []) dispatch({ runId, version: Number.MAX_SAFE_INTEGER });
    for (const list of append.lists ?? []) signalList(list.listId);
    if (appended.listId) signalList(appended.listId);
    // The caller's own next version is not known here; none of its events are new.
    if (appended.callerRunId) wakeCaller(bus, appended.callerRunId, append.runId);
  };
};

/**
 * Says that lists or queues moved: the first at once, those that follow closely together. A list of a million items would otherwise
 * send as many signals; a list that goes one by one must not wait for company.
 */
const makeSignals = (tell: (moved: string[]) => void): ((id: string) => void) => {
  let moved = new Set<string>();
  let isResting = false;
  const send = (): void => {
    if (moved.size === 0) {
      isResting = false;
      return;
    }
    tell([...moved]);
    moved = new Set();
    setTimeout(send, SIGNAL_EVERY_MS);
  };
  return (id) => {
    moved.add(id);
    if (isResting) return;
    isResting = true;
    queueMicrotask(send);
  };
};

/** A called run is waited for; others are not. */
const laneFor = ({ requested: { cause, workflow } }: RequestedRun): string =>
  cause.kind === 'call' ? subjects.dispatch : subjects.dispatchLane(laneOf(workflow));

const isEnded = ({ type }: RunEvent): boolean =>
  type === 'RunSucceeded' || type === 'RunFailed' || type === 'RunCancelled';

const wakeCaller = (bus: Bus, runId: string, calledRunId: string): void =>
  bus.publish(subjects.dispatch, JSON.stringify({ runId, version: Number.MAX_SAFE_INTEGER } satisfies Dispatch), {
    id: `${runId}:after:${calledRunId}`,
  });
