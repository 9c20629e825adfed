import { signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus, Closable } from '@nightshift/messaging';
import type { Activity } from '../loops/activity.ts';
import type { FaultLog } from '../loops/fault-log.ts';
import { makeLoop } from '@nightshift/runtime';
import { makeTurnQueue, type Turn } from '../loops/turn-queue.ts';

export interface WatchFlowsDeps {
  ledger: Pick<Ledger, 'flows'>;
  bus: Pick<Bus, 'name' | 'subscribe'>;
  serve: (workflow: string) => Promise<Turn | undefined>;
  faults: FaultLog;
}

const LOOK_EVERY_MS = 1_000;
const REST_MS = 250;

/** Admits the runs that stand in queues: when a signal says that something changed there, when it is time, and by a look each second. */
export const makeWatchFlows = ({ ledger, bus, serve, faults }: WatchFlowsDeps): Activity => {
  const queue = makeTurnQueue({ name: 'flows', serve, faults });
  let hearing: Closable | undefined;

  const look = async (): Promise<number> => {
    const now = new Date();
    const workflows = await ledger.flows.toServe(now);
    faults.answered('ledger.unavailable');
    queue.forgetIdle();
    for (const workflow of workflows) queue.seen(workflow, now.getTime());
    return LOOK_EVERY_MS;
  };
  const loop = makeLoop({ turn: look, restMs: REST_MS, onFault: (error) => faults.failed('flows', error) });

  return {
    start: () => {
      // One replica takes each signal; what it misses, the others' looks find.
      hearing = bus.subscribe(
        signals.flows,
        (body) => {
          for (const workflow of (body as { workflows: string[] }).workflows) queue.stirred(workflow);
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
