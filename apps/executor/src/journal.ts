import {
  ENDPOINT_WAIT_MAX_MS,
  requestOf,
  type Dispatch,
  type NewRunEvent,
  type RunEvent,
  type RunRequested,
} from '@nightshift/contracts';
import type { Append, Ledger } from '@nightshift/ledger';
import { evolve, initialState, isEnded, type KnownRun, type RunState } from '@nightshift/workflow-core';
import type { AnnounceCommit } from './after-commit.ts';
import { claimsOf, givenUp } from './claims.ts';
import type { Definition, Definitions } from './definitions.ts';
import type { Performed } from './perform/performed.ts';
import type { PublishEvents } from './run-feed.ts';
import type { TellCallers } from './tell-callers.ts';

/**
 * How a commit ended. `committed`: everything is durable and the run goes on. `held`: the run has been paused, or has ended, meanwhile;
 * what was added is durable unless the run has ended. `taken`: another executor has the run in its hands.
 */
export type Committed = 'committed' | 'held' | 'taken';

/**
 * One run's history while this process has the run in hand: what the ledger holds of it, folded to a state, and what happened
 * since and is not durable yet. Events are added as they happen and committed before the next effect that must not come first.
 *
 * Others append to the run as well: it is paused, a timer fires, an event arrives. None of that contradicts what an executor adds, so a
 * commit that meets it puts its own events after it. Only the end of the run makes them void, and that its start is held back.
 */
export interface Journal {
  readonly runId: string;
  readonly requested: RunRequested;
  /** The version that the run is executed with. */
  readonly definition: Definition;
  readonly state: KnownRun;
  /** Whether something is not durable yet. */
  readonly hasPending: boolean;
  /** Whether something that cannot be computed again is not durable yet. */
  readonly hasRecorded: boolean;
  /** Adds what happened now. Not durable until the next commit. `isRecorded`: it cannot be computed again. */
  add(events: readonly NewRunEvent[], options?: { isRecorded: boolean }): void;
  /** Adds what begins with the next commit. */
  bring(started: Omit<Performed, 'outcome' | 'events'>): void;
  /** Makes everything that was added durable and tells who has to know. `rests`: nothing but what comes from outside moves the run now. */
  commit(options?: Pick<Append, 'rests'>): Promise<Committed>;
  /** Whether the run waits for an outside event since the last time that this was asked: one that came before may be meant. */
  takeNewAwaits(): boolean;
  /** Takes in what others appended since. */
  reload(): Promise<Committed>;
}

export interface JournalDeps {
  ledger: Ledger;
  definitions: Definitions;
  announceCommit: AnnounceCommit;
  publishEvents: PublishEvents;
  tellCallers: TellCallers;
}

/** A caller who began to wait when the run was requested has been let go by then. */
const TOLD_AGAIN_MS = ENDPOINT_WAIT_MAX_MS + 60_000;

/** Only an executor appends these: finding one that is not ours means that the run is in other hands. */
const executorEvents: ReadonlySet<RunEvent['type']> = new Set([
  'RunStarted',
  'StepStarted',
  'StepCompleted',
  'StepSkipped',
  'StepFailed',
  'StepRetried',
  'StepCompensated',
  'CompensationFailed',
  'IterationStarted',
  'IterationCompleted',
  'BranchCompleted',
  'AnswerGiven',
  'WaitStarted',
  'RunSucceeded',
  'RunFailed',
]);

/** The journal of a dispatched run, or undefined if the ledger does not know the run. */
export const openJournal = async (
  { ledger, definitions, announceCommit, publishEvents, tellCallers }: JournalDeps,
  dispatch: Dispatch,
): Promise<Journal | undefined> => {
  const { runId } = dispatch;
  const history: RunEvent[] = dispatch.requested
    ? [{ runId, version: 1, type: 'RunRequested', ...dispatch.requested }]
    : await ledger.runs.events(runId);
  const known = requestOf(history);
  if (!known) return undefined;

  let requested = known;
  let definition = await definitionOf(definitions, requested, history);
  const fold = (events: readonly RunEvent[], from: RunState): RunState =>
    events.reduce((folded, event) => evolve(definition.plan, folded, event), from);
  let state = fold(history, initialState) as KnownRun;
  let version = history.length;
  let pending: RunEvent[] = [];
  let brought = nothing();
  let hasRecorded = false;
  let claims = claimsOf(definition.plan, state);
  let hasNewAwaits = false;

  // Whoever dispatched the run appended these; a dead executor may have appended some that never reached the feed.
  // One that has ended though its dispatch brings nothing new was ended by an executor that may have died before it told of the end.
  const isUntold = isEnded(state.status) && dispatch.version > version;
  publishEvents(requested, isUntold ? history : history.slice(dispatch.version - 1));
  // Whoever answered may have died before it told the caller; nobody waits for longer than this.
  if (!dispatch.requested && Date.now() - Date.parse(history[0]!.at) < TOLD_AGAIN_MS) tellCallers(requested, history);

  /** Folds the ledger's history anew, and puts what is pending after it. @returns what is new in it */
  const catchUp = async (mine: readonly RunEvent[]): Promise<RunEvent[]> => {
    const all = await ledger.runs.events(runId);
    const news = all.slice(version);
    requested = requestOf(all) ?? requested;
    definition = await definitionOf(definitions, requested, all);
    state = fold(all, initialState) as KnownRun;
    version = all.length;
    if (isHeldBeforeStart()) dropPending();
    else if (isEnded(state.status) || mine.every((event, index) => isSame(event, news[index]))) pending = [];
    else {
      pending = mine.map((event, index) => ({ ...event, version: version + index + 1 }));
      state = fold(pending, state) as KnownRun;
    }
    return news;
  };

  const isHeldBeforeStart = (): boolean =>
    state.awaitsAdmission === true || (state.status === 'paused' && state.startedAt === undefined);

  /**
   * A run that was paused before it began, or has to wait for its admission, stays at its beginning, as if this process had died before its first commit: whatever it has
   * done by then is done again, or has been kept under the step's key.
   */
  const dropPending = (): void => {
    pending = [];
    brought = nothing();
    hasRecorded = false;
    claims = claimsOf(definition.plan, state);
  };

  const standing = (): Committed => (state.status === 'running' ? 'committed' : 'held');

  const commit: Journal['commit'] = async ({ rests } = {}) => {
    while (pending.length > 0) {
      const events = pending;
      const claimed = claimsOf(definition.plan, state);
      const append: Append = {
        runId,
        expectedVersion: version,
        events,
        at: events[0]!.at,
        startedBy: requested.cause.kind,
        isAdmitted: state.isAdmitted === true,
        isScheduled: requested.dueAt !== undefined || requested.key !== undefined,
        ...(rests && state.status === 'running' && { rests }),
        ...givenUp(claims, claimed),
        ...brought,
      };
      pending = [];
      const appended = await ledger.runs.append(append);
      const settle = (outcome: Parameters<AnnounceCommit>[2]): void => {
        brought = nothing();
        hasRecorded = false;
        claims = claimed;
        if (append.awaits) hasNewAwaits = true;
        announceCommit(requested, append, outcome, events);
      };
      if (appended.outcome === 'appended') {
        version += events.length;
        settle(appended);
        break;
      }
      const news = await catchUp(events);
      if (events.every((event, index) => isSame(event, news[index]))) {
        // The commit had reached the disk when the connection broke, and its answer was lost.
        settle({ outcome: 'appended', listId: null, callerRunId: null });
        publishEvents(requested, news.slice(events.length));
        if (news.slice(events.length).some(({ type }) => executorEvents.has(type))) return 'taken';
        break;
      }
      publishEvents(requested, news);
      if (news.some(({ type }) => executorEvents.has(type))) return 'taken';
    }
    return standing();
  };

  return {
    runId,
    get requested() {
      return requested;
    },
    get definition() {
      return definition;
    },
    get state() {
      return state;
    },
    get hasPending() {
      return pending.length > 0;
    },
    get hasRecorded() {
      return hasRecorded;
    },
    add: (events, options) => {
      if (isHeldBeforeStart()) return;
      if (options?.isRecorded) hasRecorded = true;
      const at = new Date().toISOString();
      for (const event of events) {
        const happened = {
          type: event.type,
          data: event.data,
          runId,
          version: version + pending.length + 1,
          at,
        } as RunEvent;
        pending.push(happened);
        state = evolve(definition.plan, state, happened) as KnownRun;
      }
    },
    bring: (started) => {
      if (isHeldBeforeStart()) return;
      for (const key of broughtKeys) {
        const more = started[key];
        if (more && more.length > 0) brought = { ...brought, [key]: [...(brought[key] ?? []), ...more] };
      }
    },
    commit,
    takeNewAwaits: () => {
      const had = hasNewAwaits;
      hasNewAwaits = false;
      return had;
    },
    reload: async () => {
      const news = await catchUp(pending);
      publishEvents(requested, news);
      return news.some(({ type }) => executorEvents.has(type)) ? 'taken' : standing();
    },
  };
};

type Brought = Omit<Performed, 'outcome' | 'events'>;
const broughtKeys = ['runs', 'lists', 'emitted', 'awaits'] as const satisfies (keyof Brought)[];
const nothing = (): Brought => ({});

const isSame = (event: RunEvent, other: RunEvent | undefined): boolean =>
  other !== undefined && event.type === other.type && event.at === other.at;

/** The version that the run is executed with: from its start on the same, whatever is published meanwhile. */
const definitionOf = (
  definitions: Definitions,
  requested: RunRequested,
  history: readonly RunEvent[],
): Promise<Definition> => {
  if (requested.version !== 'latest') return definitions.version(requested.workflow, requested.workflowVersion);
  const started = history.find((event) => event.type === 'RunStarted')?.data.workflowVersion;
  return started === undefined
    ? definitions.published(requested.workflow)
    : definitions.version(requested.workflow, started);
};
