import type { Dispatch, NewRunEvent, RunEvent, RunRequested } from '@nightshift/contracts';
import type { Append, Ledger, RequestedList, RequestedRun } from '@nightshift/ledger';
import { evolve, initialState, type RunState } from '@nightshift/workflow-core';
import type { AnnounceCommit } from './after-commit.ts';
import type { PublishEvents } from './run-feed.ts';

/**
 * One run's history while this process has the run in hand: what the ledger holds of it, folded to a state, and what happened
 * since and is not durable yet. Events are added as they happen and committed before the next effect that must not come first.
 */
export interface Journal {
  readonly runId: string;
  readonly requested: RunRequested;
  readonly state: RunState;
  /** The version it is executed with, if that was decided when it started. */
  readonly startedVersion: number | undefined;
  /** Whether something that cannot be computed again is not durable yet. */
  readonly hasRecorded: boolean;
  /** Adds what happened now. Not durable until the next commit. `isRecorded`: it cannot be computed again. */
  add(events: readonly NewRunEvent[], options?: { isRecorded: boolean }): void;
  /** Adds runs and lists that begin with the next commit. */
  bring(started: { runs?: readonly RequestedRun[]; lists?: readonly RequestedList[] }): void;
  /**
   * Makes everything that was added durable and tells who has to know.
   * `moved`: somebody else appended first (a cancellation, say); what was added is dropped and the state is the ledger's.
   * `taken`: that somebody was another executor, and the run is in its hands.
   */
  commit(): Promise<'committed' | 'moved' | 'taken'>;
  /** Takes in what others appended since. */
  reload(): Promise<void>;
}

export interface JournalDeps {
  ledger: Ledger;
  announceCommit: AnnounceCommit;
  publishEvents: PublishEvents;
}

/** Only an executor appends these: finding one that is not ours means that the run is in other hands. */
const executorEvents: ReadonlySet<RunEvent['type']> = new Set([
  'RunStarted',
  'StepStarted',
  'StepCompleted',
  'StepSkipped',
  'StepFailed',
  'StepRetried',
  'WaitStarted',
  'RunSucceeded',
  'RunFailed',
]);

/** The journal of a dispatched run, or undefined if the ledger does not know the run. */
export const openJournal = async (
  { ledger, announceCommit, publishEvents }: JournalDeps,
  dispatch: Dispatch,
): Promise<Journal | undefined> => {
  const { runId } = dispatch;
  const history: RunEvent[] = dispatch.requested
    ? [{ runId, version: 1, type: 'RunRequested', ...dispatch.requested }]
    : await ledger.runs.events(runId);
  const first = history[0];
  if (first?.type !== 'RunRequested') return undefined;

  const requested = first.data;
  let state = history.reduce(evolve, initialState);
  let startedVersion = versionOf(history);
  let version = history.length;
  let pending: RunEvent[] = [];
  let runs: RequestedRun[] = [];
  let lists: RequestedList[] = [];
  let hasRecorded = false;

  // Whoever dispatched the run appended these; a dead executor may have appended some that never reached the feed.
  publishEvents(requested, history.slice(dispatch.version - 1));

  /** Folds the ledger's history anew. @returns what is new in it */
  const catchUp = async (): Promise<RunEvent[]> => {
    const all = await ledger.runs.events(runId);
    const news = all.slice(version);
    state = all.reduce(evolve, initialState);
    startedVersion = versionOf(all);
    version = all.length;
    return news;
  };

  return {
    runId,
    requested,
    get state() {
      return state;
    },
    get startedVersion() {
      return startedVersion;
    },
    get hasRecorded() {
      return hasRecorded;
    },
    add: (events, options) => {
      if (options?.isRecorded) hasRecorded = true;
      const at = new Date().toISOString();
      for (const event of events) {
        const happened = { ...event, runId, version: version + pending.length + 1, at } as RunEvent;
        pending.push(happened);
        state = evolve(state, happened);
      }
    },
    bring: (started) => {
      if (started.runs) runs.push(...started.runs);
      if (started.lists) lists.push(...started.lists);
    },
    commit: async () => {
      if (pending.length === 0) return 'committed';
      const events = pending;
      const append: Append = {
        runId,
        expectedVersion: version,
        events,
        at: events[0]!.at,
        startedBy: requested.cause.kind,
        timer: timerOf(events),
        runs,
        lists,
      };
      pending = [];
      runs = [];
      lists = [];
      hasRecorded = false;
      const appended = await ledger.runs.append(append);
      if (appended.outcome === 'appended') {
        version += events.length;
        announceCommit(requested, append, appended, events);
        return 'committed';
      }
      const news = await catchUp();
      if (events.every((event, index) => isSame(event, news[index]))) {
        // The commit had reached the disk when the connection broke, and its answer was lost.
        announceCommit(requested, append, { outcome: 'appended', listId: null, callerRunId: null }, events);
        return news.length === events.length ? 'committed' : 'moved';
      }
      publishEvents(requested, news);
      return news.some(({ type }) => executorEvents.has(type)) ? 'taken' : 'moved';
    },
    reload: async () => publishEvents(requested, await catchUp()),
  };
};

const isSame = (event: RunEvent, other: RunEvent | undefined): boolean =>
  other !== undefined && event.type === other.type && event.at === other.at;

const versionOf = (history: readonly RunEvent[]): number | undefined => {
  for (const event of history) if (event.type === 'RunStarted') return event.data.workflowVersion;
  return undefined;
};

/** When the run goes on by itself, if the last of the events makes it wait for a time. */
const timerOf = (events: readonly RunEvent[]): Append['timer'] => {
  const last = events.at(-1)!;
  if (last.type === 'WaitStarted' && last.data.until) return { kind: 'wait', dueAt: last.data.until };
  if (last.type === 'StepRetried') return { kind: 'wait', dueAt: last.data.retryAt };
  return undefined;
};
