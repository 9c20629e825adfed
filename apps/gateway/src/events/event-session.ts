import { Failure, isFinal } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Beating } from './beat-wheel.ts';
import { makeCatchUp } from './catch-up.ts';
import { fitsRun, keyOf, type EventFilter } from './event-filter.ts';
import type { EventPosition } from './event-position.ts';
import { makeEventWriter } from './event-writer.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { Outlet } from './outlet.ts';
import type { RunFeed } from './run-feed.ts';
import type { RunPlace } from './to-feed-event.ts';

export interface EventSessionDeps {
  feed: RunFeed;
  bus: Pick<Bus, 'follow' | 'streamState'>;
  ledger: Pick<Ledger, 'runs'>;
}

/**
 * One client's events. It catches up first: on one run from the ledger, which holds all of it; otherwise from the stream, if the client
 * says where it was. Then it is live. In between, and whenever the ledger has to be asked, it is busy, and what the live feed brings
 * waits in a queue, or is passed over while the stream is read anyway.
 */
export interface EventSession extends Beating {
  fill(): void;
  close(): void;
}

export interface FollowRequest {
  filter: EventFilter;
  /** Of the filter's run, if it names one. */
  run: RunPlace | undefined;
  seesPayloads: boolean;
  resume: EventPosition | undefined;
}

/** Entries that may wait while the ledger is asked; a client for whom it takes longer is cut off and resumes. */
const QUEUE_MAX = 5_000;
/** Runs that are looked after when the stream was lost; those beyond show their gap with their next event. */
const REPAIRED_MAX = 1_000;

type Queued = FeedEntry | 'reset';

/** @throws Failure `messaging.unavailable` while nothing has been written yet */
export const makeOpenEventSession = (deps: EventSessionDeps) => {
  const { feed, bus, ledger } = deps;
  const catchUp = makeCatchUp({ bus, feed });

  return async (
    { filter, run, seesPayloads, resume }: FollowRequest,
    openOutlet: () => Outlet,
  ): Promise<EventSession> => {
    const queue: Queued[] = [];
    let state: 'opening' | 'reading stream' | 'busy' | 'live' = 'opening';
    let isRepairDue = false;

    const onQueued = (item: Queued): void => {
      if (state === 'reading stream' && item !== 'reset') return;
      if (state === 'live' && item !== 'reset') {
        // Live events are not waited with: a reader this slow resumes from its place.
        if (open.isFull) return open.cut();
        return go(writer.take(item));
      }
      queue.push(item);
      if (state === 'live') goLive();
      else if (state !== 'opening' && queue.length > QUEUE_MAX) open.cut();
    };

    const listening = await feed.listen({
      key: keyOf(filter),
      onEntry: (entry) => {
        if (fitsRun(filter, entry.event)) onQueued(entry);
      },
      onReset: () => onQueued('reset'),
    });
    const open = openOutlet();
    const isKnown = resume !== undefined && run === undefined;
    const writer = makeEventWriter({
      ledger,
      outlet: open,
      filter,
      seesPayloads,
      position: isKnown ? resume : feed.position,
    });

    const repair = async (): Promise<void> => {
      isRepairDue = false;
      for (const runId of writer.underWay(REPAIRED_MAX)) {
        const found = await ledger.runs.find(runId);
        if (found)
          await writer.fill({
            runId,
            workflow: found.workflow,
            chainId: found.chainId,
            listId: found.listId ?? undefined,
          });
      }
    };

    // Events from the ledger have no place on the feed to resume from, except in the stream of one run. What executors send again by
    // themselves comes first; what is missing after that is looked for with the next beat.
    const afterReset = async (): Promise<void> => {
      if (run) await writer.fill(run);
      else isRepairDue = true;
    };

    // Live again in the very turn in which nothing waits any more: an entry that came in between would overtake the queue.
    const drain = async (): Promise<void> => {
      for (let item = queue.shift(); item !== undefined && !open.isClosed; item = queue.shift()) {
        if (item === 'reset') await afterReset();
        else await writer.take(item);
      }
      state = 'live';
    };

    const go = (work: void | Promise<void>): void => {
      if (work === undefined) return;
      state = 'busy';
      // The client resumes from its place when the ledger is back.
      work.then(drain).catch(() => open.cut());
    };

    const goLive = (): void => {
      state = 'live';
      if (queue.length > 0) go(drain());
    };

    writer.mark();
    if (run) {
      if (resume?.version !== undefined) writer.resumeRun(run.runId, resume.version);
      go(writer.fill(run));
    } else if (isKnown) {
      state = 'reading stream';
      catchUp(filter, writer, open, goLive).catch(() => open.cut());
    } else goLive();

    return {
      get isFull() {
        return open.isFull;
      },
      beat: () => {
        if (state !== 'live') return writer.mark();
        const isAhead =
          writer.position.epoch === feed.position.epoch && writer.position.sequence > feed.position.sequence;
        // What the feed has brought since then was not for this client: it need not be read again.
        if (!isAhead) writer.position = feed.position;
        writer.mark();
        if (isRepairDue) go(repair());
      },
      run: run && {
        runId: run.runId,
        get version() {
          return writer.lastVersion(run.runId);
        },
      },
      fill: () => {
        if (run && state === 'live') go(writer.fill(run));
      },
      close: () => listening.close(),
    };
  };
};

/** The place of the filter's run. @throws Failure `run.not_found` */
export const findRunPlace = async (
  ledger: Pick<Ledger, 'runs'>,
  { runId }: EventFilter,
): Promise<(RunPlace & { hasEnded: boolean }) | undefined> => {
  if (runId === undefined) return undefined;
  const run = await ledger.runs.find(runId);
  if (run === undefined) throw new Failure('run.not_found', { detail: `There is no run ${runId}` });
  return {
    runId,
    workflow: run.workflow,
    chainId: run.chainId,
    listId: run.listId ?? undefined,
    hasEnded: isFinal(run.status),
  };
};
