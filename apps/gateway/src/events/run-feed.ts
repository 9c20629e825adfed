import { Failure, streams } from '@nightshift/contracts';
import type { Bus, Feed, FeedMessage } from '@nightshift/messaging';
import type { FeedPosition } from './event-position.ts';
import { toEntry } from './feed-entry.ts';
import { makeFeedListeners, type FeedListener } from './feed-listeners.ts';
import { makeRecentEntries, RECENT_MAX, type RecentEntries } from './recent-entries.ts';

/**
 * The live run feed, read once per process however many clients want parts of it, and not at all while there are none.
 *
 * States: closed; opening (the first listener waits for the stream's place to be known, and for what was there a moment ago); open; renewing (the stream was lost and made
 * again: what arrives is held until its new epoch is known). It goes back to closed a little after the last listener left, so that a
 * client that reconnects costs no consumer.
 */
export interface RunFeed {
  /**
   * Hands over every event stored from now on that the listener's key fits.
   * @throws Failure `messaging.unavailable` when the stream cannot be read
   */
  listen(listener: FeedListener): Promise<{ close(): void }>;
  /** The last message handed over. Only while somebody listens. */
  readonly position: FeedPosition;
  /** What was there a moment ago, of the epoch of `position`. */
  readonly recent: Pick<RecentEntries, 'covers' | 'after'>;
  readonly listenerCount: number;
  close(): Promise<void>;
}

interface RunFeedDeps {
  bus: Pick<Bus, 'follow' | 'streamState' | 'ensureStreams'>;
}

const OPEN_TIMEOUT_MS = 5_000;
const LINGER_MS = 2_000;
const RENEW_RETRY_MS = 200;
/** How long the latest messages may take to arrive. They may have been deleted: then nobody waits for them. */
const RECENT_TIMEOUT_MS = 1_000;

export const makeRunFeed = ({ bus }: RunFeedDeps): RunFeed => {
  const listeners = makeFeedListeners();
  const recent = makeRecentEntries();
  let position: FeedPosition = { epoch: 0, sequence: 0 };
  let open: Promise<Feed> | undefined;
  let held: FeedMessage[] | undefined;
  let linger: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Of the follower that counts: one that is being closed may still bring something. */
  let generation = 0;

  const state = async (): Promise<FeedPosition & { firstSequence: number }> => {
    const found = await bus.streamState(streams.runEvents);
    if (found === undefined) throw new Failure('messaging.unavailable', { detail: 'The run feed is not there yet' });
    return { epoch: found.createdAt.getTime(), sequence: found.lastSequence, firstSequence: found.firstSequence };
  };

  const handOver = (message: FeedMessage): void => {
    position = { epoch: position.epoch, sequence: message.sequence };
    const entry = toEntry(message, position.epoch);
    if (entry === undefined) return;
    recent.add(entry);
    listeners.tell(entry);
  };

  const onMessage = (message: FeedMessage): void => {
    if (held !== undefined) held.push(message);
    else handOver(message);
  };

  const renew = async (): Promise<void> => {
    const mine: FeedMessage[] = [];
    held = mine;
    for (;;) {
      const found = await state().catch(() => undefined);
      // Lost once more meanwhile: the later call knows better.
      if (held !== mine) return;
      if (found !== undefined) {
        position = { epoch: found.epoch, sequence: 0 };
        recent.clear(0);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, RENEW_RETRY_MS));
    }
    held = undefined;
    listeners.reset();
    for (const message of mine) handOver(message);
  };

  const openFeed = async (): Promise<Feed> => {
    await bus.ensureStreams([streams.runEvents]);
    for (;;) {
      const before = await state();
      const mine = ++generation;
      const from = Math.max(before.firstSequence, before.sequence - RECENT_MAX.entries + 1, 1);
      position = { epoch: before.epoch, sequence: before.sequence };
      recent.clear(from - 1);
      const reached = Promise.withResolvers<void>();
      let isLost = false;
      const takeRecent = (message: FeedMessage): void => {
        const entry = toEntry(message, before.epoch);
        if (entry !== undefined) recent.add(entry);
        if (message.sequence === before.sequence) reached.resolve();
      };
      const feed = await bus.follow(streams.runEvents, {
        from: { sequence: from },
        onMessage: (message) => {
          if (mine !== generation) return;
          if (isLost || message.sequence > before.sequence) onMessage(message);
          else takeRecent(message);
        },
        onReset: () => {
          isLost = true;
          reached.resolve();
          if (mine === generation) void renew();
        },
      });
      if (from <= before.sequence) await atMost(reached.promise, RECENT_TIMEOUT_MS);
      const after = await state();
      if (after.epoch === before.epoch) return feed;
      await feed.close();
    }
  };

  const stop = async (): Promise<void> => {
    clearTimeout(linger);
    const closing = open;
    generation++;
    open = undefined;
    held = undefined;
    await closing?.then((feed) => feed.close()).catch(() => {});
  };

  const opened = (): Promise<Feed> => {
    if (open === undefined) {
      const opening = openFeed();
      open = opening;
      opening.catch(() => {
        if (open === opening) open = undefined;
      });
    }
    return open;
  };

  const leave = (): void => {
    if (!listeners.isEmpty || isClosed) return;
    clearTimeout(linger);
    linger = setTimeout(() => {
      if (listeners.isEmpty) void stop();
    }, LINGER_MS).unref();
  };

  return {
    get position() {
      return position;
    },
    recent,
    get listenerCount() {
      return listeners.count;
    },
    listen: async (listener) => {
      if (isClosed) throw new Failure('messaging.unavailable', { detail: 'The process is stopping' });
      const remove = listeners.add(listener);
      try {
        await within(opened(), OPEN_TIMEOUT_MS);
      } catch (cause) {
        remove();
        leave();
        throw cause instanceof Failure ? cause : new Failure('messaging.unavailable', { cause });
      }
      return {
        close: () => {
          remove();
          leave();
        },
      };
    },
    close: async () => {
      isClosed = true;
      await stop();
    },
  };
};

/** Resolves with the promise, or when it has taken too long. */
const atMost = async (promise: Promise<void>, timeoutMs: number): Promise<void> => {
  const elapsed = Promise.withResolvers<void>();
  const timer = setTimeout(elapsed.resolve, timeoutMs);
  await Promise.race([promise, elapsed.promise]);
  clearTimeout(timer);
};

const within = async <T>(promise: Promise<T>, timeoutMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Failure('messaging.unavailable', { detail: 'The run feed does not answer' })),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
