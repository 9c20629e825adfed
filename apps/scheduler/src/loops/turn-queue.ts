import type { FaultLog } from './fault-log.ts';

/** What a turn did: how many runs it started, and when another one is due (undefined: when some of them end). */
export interface Turn {
  started: number;
  nextDueAt: Date | undefined;
}

/**
 * Whose turn is next: of lists to start items, of workflows to admit runs. One turn starts a bounded number of runs, and whoever may start
 * more stands at the end of the queue again. So a list of a million holds up one of ten by one turn.
 *
 * States of each: idle, waiting (for a moment: one timer), queued, busy (being served; what is wished meanwhile counts when that is done). None
 * is served twice at the same time here; between processes locks in the ledger see to that.
 */
export interface TurnQueue {
  /** Some of its runs ended, or it is new. */
  stirred(id: string): void;
  /** It is seen to have something to do, due at this moment: a look that finds what signals have missed. */
  seen(id: string, dueAtMs: number): void;
  /** Lets go of those that nothing was heard of for a while. */
  forgetIdle(): void;
  /** Forgets who is waiting and resolves when the turns in progress have ended. */
  stop(): Promise<void>;
}

export interface TurnQueueDeps {
  /** Of the loop that this belongs to, in logs. */
  name: string;
  /** Undefined: it is in other hands, or has ended. */
  serve: (id: string) => Promise<Turn | undefined>;
  faults: FaultLog;
}

interface Entry {
  readonly id: string;
  isQueued: boolean;
  isBusy: boolean;
  /** When the next turn is wished; Infinity: it is not. */
  dueAtMs: number;
  /** Until then, ended items are gathered. */
  gatherUntilMs: number;
  servedAtMs: number;
  /** Turns in a row that found it in other hands, or ended. */
  misses: number;
  timer: NodeJS.Timeout | undefined;
}

/** Turns side by side. More would take the connections that timers need. */
const PARALLEL = 3;
/**
 * Ended items of a busy list are gathered for up to this long before others start in their place: fewer commits for the
 * same items. Larger leaves executors of a list with a narrow limit idle.
 */
const MOST_GATHER_MS = 25;
/** A list that starts a few items at a time is not held up: only this many cost a millisecond. */
const ITEMS_PER_GATHER_MS = 4;
/** Another process holds the list's row, perhaps with counts from before the signal: ask again after this, then twice and four times it. */
const FIRST_MISS_MS = 20;
const MOST_MISSES = 3;
/** A list that was handed out within this is not looked after. */
const LOOKED_AFTER_MS = 1_000;

export const makeTurnQueue = ({ name, serve: take, faults }: TurnQueueDeps): TurnQueue => {
  const entries = new Map<string, Entry>();
  let queue: Entry[] = [];
  const busy = new Set<Promise<void>>();
  let isStopped = false;

  const entryOf = (id: string): Entry => {
    let entry = entries.get(id);
    if (!entry) {
      const idle = { isQueued: false, isBusy: false, dueAtMs: Infinity, timer: undefined };
      entry = { id, ...idle, gatherUntilMs: 0, servedAtMs: 0, misses: 0 };
      entries.set(id, entry);
    }
    return entry;
  };

  const wish = (entry: Entry, atMs: number): void => {
    entry.dueAtMs = Math.min(entry.dueAtMs, atMs);
    settle(entry);
  };

  const settle = (entry: Entry): void => {
    if (isStopped || entry.isBusy || entry.isQueued) return;
    clearTimeout(entry.timer);
    const waitMs = entry.dueAtMs - Date.now();
    if (waitMs === Infinity) return;
    if (waitMs > 0) {
      // A list that is due later than a timer can hold is seen again by then.
      entry.timer = setTimeout(() => settle(entry), Math.min(waitMs, 60_000));
      return;
    }
    entry.isQueued = true;
    queue.push(entry);
    fill();
  };

  const fill = (): void => {
    while (busy.size < PARALLEL && queue.length > 0) {
      const entry = queue.shift()!;
      const done: Promise<void> = serve(entry).finally(() => {
        busy.delete(done);
        fill();
      });
      busy.add(done);
    }
  };

  const serve = async (entry: Entry): Promise<void> => {
    entry.isQueued = false;
    entry.isBusy = true;
    entry.dueAtMs = Infinity;
    try {
      note(entry, await take(entry.id));
    } catch (error) {
      faults.failed(name, error);
      // The next look finds them all again, so an outage costs one try a second.
      entry.dueAtMs = Infinity;
      for (const waiting of queue) waiting.isQueued = false;
      queue = [];
    }
    entry.isBusy = false;
    settle(entry);
  };

  const note = (entry: Entry, result: Turn | undefined): void => {
    const now = Date.now();
    if (result === undefined) {
      entry.gatherUntilMs = now + FIRST_MISS_MS * 2 ** entry.misses;
      const isLastTry = ++entry.misses > MOST_MISSES;
      if (isLastTry) entry.misses = 0;
      // What was wished meanwhile has to wait as well: whoever holds the list is not done sooner for it.
      if (!isLastTry || entry.dueAtMs !== Infinity) entry.dueAtMs = entry.gatherUntilMs;
      return;
    }
    entry.misses = 0;
    entry.servedAtMs = now;
    entry.gatherUntilMs = now + Math.min(MOST_GATHER_MS, result.started / ITEMS_PER_GATHER_MS);
    const wishedAtMs = Math.max(entry.dueAtMs, entry.gatherUntilMs);
    entry.dueAtMs = Math.min(wishedAtMs, result.nextDueAt?.getTime() ?? Infinity);
  };

  return {
    stirred: (id) => {
      const entry = entryOf(id);
      wish(entry, Math.max(Date.now(), entry.gatherUntilMs));
    },
    seen: (id, dueAtMs) => {
      const now = Date.now();
      const entry = entryOf(id);
      if (now - entry.servedAtMs >= LOOKED_AFTER_MS) wish(entry, Math.max(now, dueAtMs));
    },
    forgetIdle: () => {
      const before = Date.now() - LOOKED_AFTER_MS;
      for (const entry of entries.values()) {
        const isWanted = entry.isBusy || entry.dueAtMs !== Infinity;
        if (!isWanted && entry.servedAtMs < before) entries.delete(entry.id);
      }
    },
    stop: async () => {
      isStopped = true;
      queue = [];
      for (const entry of entries.values()) clearTimeout(entry.timer);
      await Promise.all(busy);
    },
  };
};
