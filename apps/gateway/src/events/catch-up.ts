import { streams } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { fitsRun, type EventFilter } from './event-filter.ts';
import type { EventWriter } from './event-writer.ts';
import type { Outlet } from './outlet.ts';
import { openReadBack } from './read-back.ts';
import type { RunFeed } from './run-feed.ts';

interface CatchUpDeps {
  bus: Pick<Bus, 'follow' | 'streamState'>;
  feed: Pick<RunFeed, 'position'>;
}

/** How often a reader to whom nothing comes looks whether there is still something to come. */
const LOOK_MS = 500;

/**
 * Reads the stream from the writer's position until the live feed is reached. Then it calls `onReached`, in the same turn as the
 * comparison: what the live feed hands over from then on is all that is missing.
 */
export const makeCatchUp =
  ({ bus, feed }: CatchUpDeps) =>
  async (filter: EventFilter, writer: EventWriter, outlet: Outlet, onReached: () => void): Promise<void> => {
    const isAhead = (): boolean =>
      writer.position.epoch === feed.position.epoch && writer.position.sequence < feed.position.sequence;

    const skipExpired = async (): Promise<void> => {
      const state = await bus.streamState(streams.runEvents);
      const first = state?.firstSequence ?? 0;
      const isSame = state?.createdAt.getTime() === writer.position.epoch;
      // What was there has gone with age: nothing more comes.
      if (isSame && writer.position.sequence < first - 1) writer.position = { ...writer.position, sequence: first - 1 };
    };

    while (!outlet.isClosed) {
      if (writer.position.epoch !== feed.position.epoch) writer.position = { epoch: feed.position.epoch, sequence: 0 };
      if (!isAhead()) return onReached();
      await skipExpired();
      const stretch = await openReadBack(bus, writer.position);
      try {
        while (isAhead() && !outlet.isClosed) {
          const item = await stretch.next(LOOK_MS);
          if (item === undefined) break;
          if (item === 'nothing') {
            await skipExpired();
            continue;
          }
          if (item.entry !== undefined && fitsRun(filter, item.entry.event)) await writer.take(item.entry);
          else writer.position = item.position;
          if (outlet.isFull) await outlet.drained();
        }
      } finally {
        await stretch.close().catch(() => {});
      }
    }
  };
