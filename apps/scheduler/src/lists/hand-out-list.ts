import type { Ledger } from '@nightshift/ledger';
import type { DispatchRequested } from '../dispatch-requested.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface HandOutListDeps {
  ledger: Pick<Ledger, 'lists'>;
  dispatch: DispatchRequested;
  metrics: SchedulerMetrics;
}

/** What a hand-out did: how many runs it started, and when the list is due again (undefined: when some of them end). */
export interface HandOut {
  started: number;
  nextDueAt: Date | undefined;
}

/** Starts as many items as the list's pacing allows. Undefined when another scheduler is at it, or the list has ended. */
export const makeHandOutList =
  ({ ledger, dispatch, metrics }: HandOutListDeps) =>
  async (listId: string): Promise<HandOut | undefined> => {
    const handedOut = await ledger.lists.handOut(listId, new Date());
    if (!handedOut) return undefined;
    const { runs, nextDueAt } = handedOut;
    metrics.handOuts.inc();
    if (runs.length > 0) {
      metrics.listRunsStarted.inc(runs.length);
      await dispatch(runs);
    }
    return { started: runs.length, nextDueAt };
  };
