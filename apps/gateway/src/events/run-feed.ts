import { Failure, streams } from '@nightshift/contracts';
import type { Bus, Feed, FeedMessage } from '@nightshift/messaging';
import type { FeedPosition } from './event-position.ts';
import { toEntry } from './feed-entry.ts';
import { makeFeedListeners, type FeedListener } from './feed-listeners.ts';

/**
 * The live run feed, read once per process however many clients want parts of it, and not at all while there are none.
 *
 * States: closed; opening (the first listener waits for the stream's place to be known); open; renewing (the stream was lost and made
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
  readonly listenerCount: number;
  close(): Promise<void>;
}

interface RunFeedDeps {
  bus: Pick<Bus, 'follow' | 'streamState' | 'ensureStreams'>;
}

const OPEN_TIMEOUT_MS = 5_000;
const LINGER_MS = 2_000;
const RENEW_RETRY_MS = 200;

export const makeRunFeed = ({ bus }: RunFeedDeps): RunFeed => {
  const listeners = makeFeedListeners();
  let position: FeedPosition = { epoch: 0, sequence: 0 };
  let open: Promise<Feed> | undefined;
  let held: FeedMessage[] | undefined;
  let linger: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Of the follower that counts: one that is being closed may still bring something. */
  let generation = 0;

  const state = async (): Promise<FeedPosition> => {
    const found = await bus.streamState(streams.runEvents);
    if (found === undefined) throw new Failure('messaging.unavailable', { detail: 'The run feed is not there yet' });
    return { epoch: found.createdAt.getTime(), sequence: found.lastSequence };
  };

  const handOver = (message: FeedMessage): void => {
    position = { epoch: position.epoch, sequence: message.sequence };
    const entry = listeners.isEmpty ? undefined : toEntry(message, position.epoch);
    if (entry !== undefined) listeners.tell(entry);
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
      position = before;
      const feed = await bus.follow(streams.runEvents, {
        from: { sequence: before.sequence + 1 },
        onMessage: (message) => {
          if (mine === generation) onMessage(message);
        },
        onReset: () => {
          if (mine === generation) void renew();
        },
      });
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
