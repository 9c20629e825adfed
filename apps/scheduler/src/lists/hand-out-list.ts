import { dispatchId, dispatchText, subjects } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { DispatchRequested } from '../dispatch-requested.ts';
import type { Turn } from '../loops/turn-queue.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface HandOutListDeps {
  ledger: Pick<Ledger, 'lists'>;
  bus: Pick<Bus, 'publish'>;
  dispatch: DispatchRequested;
  metrics: SchedulerMetrics;
}

/** Does what is due for a list: starts items, tells of them, stops or ends it. Undefined when another scheduler is at it, or the list has ended. */
export const makeHandOutList =
  ({ ledger, bus, dispatch, metrics }: HandOutListDeps) =>
  async (listId: string): Promise<Turn | undefined> => {
    const handedOut = await ledger.lists.handOut(listId, new Date());
    if (!handedOut) return undefined;
    const { runs, cancelled, nextDueAt } = handedOut;
    metrics.handOuts.inc();
    if (runs.length > 0) {
      metrics.listRunsStarted.inc(runs.length);
      await dispatch(runs);
    }
    // An executor puts the ends of these on the feed.
    for (const moved of cancelled) {
      const message = { runId: moved.runId, version: moved.version };
      bus.publish(subjects.dispatch, dispatchText(message), { id: dispatchId(message) });
    }
    return { started: runs.length, nextDueAt };
  };
