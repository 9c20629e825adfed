import { streams } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { fitsRun, type EventFilter } from './event-filter.ts';
import { formatPosition, type FeedPosition } from './event-position.ts';
import type { EventWriter } from './event-writer.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { Outlet } from './outlet.ts';
import { openReadBack } from './read-back.ts';
import type { RunFeed } from './run-feed.ts';

interface CatchUpDeps {
  bus: Pick<Bus, 'follow' | 'streamState'>;
  feed: Pick<RunFeed, 'position' | 'recent'>;
}

/** Readers that read the stream for themselves at the same time: each costs the server a consumer, and this process what it reads. */
const READERS_MAX = 16;

/** How often a reader to whom nothing comes looks whether there is still something to come. */
const LOOK_MS = 500;

/**
 * Reads on from the writer's position until the live feed is reached: what this process remembers of it, and what is older from the
 * stream. Then it calls `onReached`, in the same turn as the comparison: what the live feed hands over from then on is all that is
 * missing.
 */
export const makeCatchUp = ({ bus, feed }: CatchUpDeps) => {
  const takeTurn = makeTurns(READERS_MAX);

  return async (filter: EventFilter, writer: EventWriter, outlet: Outlet, onReached: () => void): Promise<void> => {
    const isAhead = (): boolean =>
      writer.position.epoch === feed.position.epoch && writer.position.sequence < feed.position.sequence;

    /** What is between the two places can be lost, and nothing but the ledger knows it. */
    const skipTo = (position: FeedPosition): void => {
      const after = formatPosition(writer.position);
      writer.position = position;
      outlet.gap(after, formatPosition(position));
    };

    const skipExpired = async (): Promise<void> => {
      const state = await bus.streamState(streams.runEvents);
      const first = state?.firstSequence ?? 0;
      const isSame = state?.createdAt.getTime() === writer.position.epoch;
      // What was there has gone with age: nothing more comes.
      if (isSame && writer.position.sequence < first - 1) skipTo({ ...writer.position, sequence: first - 1 });
    };

    const take = (entry: FeedEntry): void | Promise<void> => {
      if (fitsRun(filter, entry.event)) return writer.take(entry);
      writer.position = { epoch: entry.epoch, sequence: entry.sequence };
    };

    /** False: what is remembered does not go back as far, any more. */
    const readRecent = async (): Promise<boolean> => {
      while (feed.recent.covers(writer.position.sequence) && isAhead() && !outlet.isClosed) {
        const entry = feed.recent.after(writer.position.sequence);
        // The rest is no run event.
        if (entry === undefined) writer.position = feed.position;
        else {
          const taken = take(entry);
          if (taken !== undefined) await taken;
        }
        if (outlet.isFull) await outlet.drained();
      }
      return !isAhead() || outlet.isClosed;
    };

    /** Until what is remembered is reached, or the reader falls behind: others wait for their turn. */
    const readStream = async (): Promise<void> => {
      const endTurn = await takeTurn();
      try {
        await skipExpired();
        const stretch = await openReadBack(bus, writer.position);
        try {
          while (isAhead() && !outlet.isClosed && !outlet.isFull && !feed.recent.covers(writer.position.sequence)) {
            const item = await stretch.next(LOOK_MS);
            if (item === undefined) break;
            if (item === 'nothing') await skipExpired();
            else if (item.entry !== undefined) await take(item.entry);
            else writer.position = item.position;
          }
        } finally {
          await stretch.close().catch(() => {});
        }
      } finally {
        endTurn();
      }
      if (outlet.isFull) await outlet.drained();
    };

    while (!outlet.isClosed) {
      if (writer.position.epoch !== feed.position.epoch) skipTo({ epoch: feed.position.epoch, sequence: 0 });
      if (!isAhead()) return onReached();
      if (!(await readRecent())) await readStream();
    }
  };
};

/** Lets so many at a time; what is returned ends a turn. */
const makeTurns = (most: number): (() => Promise<() => void>) => {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const end = (): void => {
    const next = waiting.shift();
    if (next === undefined) taken--;
    else next();
  };
  return async () => {
    if (taken < most) taken++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return end;
  };
};
