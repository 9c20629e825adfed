import { signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus, Closable } from '@nightshift/messaging';
import type { Activity } from '../loops/activity.ts';
import type { FaultLog } from '../loops/fault-log.ts';
import { makeLoop } from '@nightshift/runtime';
import { makeTurnQueue, type Turn } from '../loops/turn-queue.ts';

export interface WatchListsDeps {
  ledger: Pick<Ledger, 'lists'>;
  bus: Pick<Bus, 'name' | 'subscribe'>;
  handOut: (listId: string) => Promise<Turn | undefined>;
  faults: FaultLog;
}

const LOOK_EVERY_MS = 1_000;
/** Lists beyond this many live on signals alone. */
const LOOK_LIMIT = 1_000;
const REST_MS = 250;

/** Hands out the lists under way: when a signal says that one was stirred, when one is due, and by a look each second. */
export const makeWatchLists = ({ ledger, bus, handOut, faults }: WatchListsDeps): Activity => {
  const queue = makeTurnQueue({ name: 'lists', serve: handOut, faults });
  let hearing: Closable | undefined;

  const look = async (): Promise<number> => {
    const underWay = await ledger.lists.underWay(LOOK_LIMIT);
    faults.answered('ledger.unavailable');
    queue.forgetIdle();
    for (const { listId, nextDueAt } of underWay) queue.seen(listId, nextDueAt.getTime());
    return LOOK_EVERY_MS;
  };
  const loop = makeLoop({ turn: look, restMs: REST_MS, onFault: (error) => faults.failed('lists', error) });

  return {
    start: () => {
      // One replica takes each signal; what it misses, the others' looks find.
      hearing = bus.subscribe(
        signals.lists,
        (body) => {
          for (const listId of (body as { listIds: string[] }).listIds) queue.stirred(listId);
        },
        { queue: bus.name },
      );
      loop.start();
    },
    stop: async () => {
      hearing?.close();
      await Promise.all([loop.stop(), queue.stop()]);
    },
  };
};
