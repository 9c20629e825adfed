import { streams } from '@nightshift/contracts';
import type { Bus, Feed } from '@nightshift/messaging';
import type { FeedPosition } from './event-position.ts';
import { toEntry, type FeedEntry } from './feed-entry.ts';

/** More than a follower asks the server for at a time, so that it never waits for a reader that keeps up. */
const HELD_MAX = 2_000;

/** One message, or its place alone if it is no run event. */
export type ReadBackItem = { position: FeedPosition; entry: FeedEntry | undefined };

/** A stretch of the stream, read from a place on. */
export interface ReadBack {
  /**
   * The next message; `nothing` when none came within the time. Undefined when this stretch ends, because the stream was lost or the
   * reader is too far behind: he begins another one where he is.
   */
  next(timeoutMs: number): Promise<ReadBackItem | 'nothing' | undefined>;
  close(): Promise<void>;
}

/** Reads the run feed again from after a position, for one client that missed what is between there and now. */
export const openReadBack = async (bus: Pick<Bus, 'follow'>, after: FeedPosition): Promise<ReadBack> => {
  let items: ReadBackItem[] = [];
  let taken = 0;
  let hasEnded = false;
  let wake: (() => void) | undefined;

  const feed: Feed = await bus.follow(streams.runEvents, {
    from: { sequence: after.sequence + 1 },
    onMessage: (message) => {
      if (hasEnded) return;
      const position = { epoch: after.epoch, sequence: message.sequence };
      items.push({ position, entry: toEntry(message, after.epoch) });
      hasEnded = items.length - taken > HELD_MAX;
      wake?.();
    },
    onReset: () => {
      hasEnded = true;
      wake?.();
    },
  });

  const arrival = async (timeoutMs: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    wake = undefined;
    clearTimeout(timer);
  };

  return {
    next: async (timeoutMs) => {
      if (taken === items.length) {
        items = [];
        taken = 0;
        if (!hasEnded) await arrival(timeoutMs);
        if (items.length === 0) return hasEnded ? undefined : 'nothing';
      }
      return items[taken++];
    },
    close: async () => {
      hasEnded = true;
      await feed.close();
    },
  };
};
