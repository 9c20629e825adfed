import type { FaultLog } from '../loops/fault-log.ts';
import type { HandOut } from './hand-out-list.ts';

/**
 * Which list is handed out next. Lists take turns: one hand-out is a bounded number of items, and a list that may start
 * more stands at the end of the queue again. So a list of a million holds up one of ten by one hand-out.
 *
 * States of a list: idle, waiting (for a moment: one timer), queued, busy (being handed out; what is wished meanwhile counts
 * when it is done). A list is never handed out twice at the same time here; between processes its row's lock sees to that.
 */
export interface ListQueue {
  /** Some of the list's items ended, or it is new. */
  stirred(listId: string): void;
  /** The list is seen under way, due at this moment: a look that finds what signals have missed. */
  seen(listId: string, dueAtMs: number): void;
  /** Lets go of lists that nothing was heard of for a while. */
  forgetIdle(): void;
  /** Forgets what is waiting and resolves when the hand-outs in progress have ended. */
  stop(): Promise<void>;
}

export interface ListQueueDeps {
  handOut: (listId: string) => Promise<HandOut | undefined>;
  faults: FaultLog;
}

interface Entry {
  readonly listId: string;
  isQueued: boolean;
  isBusy: boolean;
  /** When the next hand-out is wished; Infinity: it is not. */
  dueAtMs: number;
  /** Until then, ended items are gathered. */
  gatherUntilMs: number;
  handedOutAtMs: number;
  /** Hand-outs in a row that found the list in other hands, or ended. */
  misses: number;
  timer: NodeJS.Timeout | undefined;
}

/** Hand-outs side by side. More would take the connections that timers need. */
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

export const makeListQueue = ({ handOut, faults }: ListQueueDeps): ListQueue => {
  const entries = new Map<string, Entry>();
  let queue: Entry[] = [];
  const busy = new Set<Promise<void>>();
  let isStopped = false;

  const entryOf = (listId: string): Entry => {
    let entry = entries.get(listId);
    if (!entry) {
      const idle = { isQueued: false, isBusy: false, dueAtMs: Infinity, timer: undefined };
      entry = { listId, ...idle, gatherUntilMs: 0, handedOutAtMs: 0, misses: 0 };
      entries.set(listId, entry);
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
      note(entry, await handOut(entry.listId));
    } catch (error) {
      faults.failed('lists', error);
      // The next look finds them all again, so an outage costs one try a second.
      entry.dueAtMs = Infinity;
      for (const waiting of queue) waiting.isQueued = false;
      queue = [];
    }
    entry.isBusy = false;
    settle(entry);
  };

  const note = (entry: Entry, result: HandOut | undefined): void => {
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
    entry.handedOutAtMs = now;
    entry.gatherUntilMs = now + Math.min(MOST_GATHER_MS, result.started / ITEMS_PER_GATHER_MS);
    const wishedAtMs = Math.max(entry.dueAtMs, entry.gatherUntilMs);
    entry.dueAtMs = Math.min(wishedAtMs, result.nextDueAt?.getTime() ?? Infinity);
  };

  return {
    stirred: (listId) => {
      const entry = entryOf(listId);
      wish(entry, Math.max(Date.now(), entry.gatherUntilMs));
    },
    seen: (listId, dueAtMs) => {
      const now = Date.now();
      const entry = entryOf(listId);
      if (now - entry.handedOutAtMs >= LOOKED_AFTER_MS) wish(entry, Math.max(now, dueAtMs));
    },
    forgetIdle: () => {
      const before = Date.now() - LOOKED_AFTER_MS;
      for (const entry of entries.values()) {
        const isWanted = entry.isBusy || entry.dueAtMs !== Infinity;
        if (!isWanted && entry.handedOutAtMs < before) entries.delete(entry.listId);
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
