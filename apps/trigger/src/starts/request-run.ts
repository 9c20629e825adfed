import { isDueAt, type Dispatch } from '@nightshift/contracts';
import type { Ledger, RequestedRun } from '@nightshift/ledger';

/** What became of a request. */
export interface RunRequest {
  /** False: it was there already. */
  isNew: boolean;
  /** Whether it waits for its workflow's queue. */
  isGated: boolean;
  /** What executors are to hear. Absent: it waits for its moment. */
  dispatch?: Dispatch;
  /** When it is due, if that is to come. */
  dueAt?: string;
}

/** Requests one run, however often it is asked for it. @throws Failure `ledger.unavailable` */
export type RequestRun = (run: RequestedRun) => Promise<RunRequest>;

/**
 * Runs without a key share group commits. Those with one are put one after the other, so that of two under one key the later one
 * holds; if one fails, those behind it under its key fail with it, and follow it when it is repeated.
 */
export const makeRequestRun = ({ ledger }: { ledger: Pick<Ledger, 'runs' | 'schedules'> }): RequestRun => {
  const underWay = new Map<string, Promise<RunRequest>>();

  const put = async (run: RequestedRun): Promise<RunRequest> => {
    const { runId, outcome, version, isReady, dueAt } = await ledger.schedules.put(run, { isOnce: true });
    // Also of a run that goes on waiting: its events are for the feed.
    const isTold = isReady || outcome === 'replaced';
    return {
      isNew: outcome === 'made',
      isGated: false,
      ...(isTold && { dispatch: { runId, version } }),
      ...(!isReady && { dueAt }),
    };
  };

  const putInOrder = (run: RequestedRun, key: string): Promise<RunRequest> => {
    const place = JSON.stringify([run.requested.workflow, key]);
    const before = underWay.get(place);
    const putting = before === undefined ? put(run) : before.then(() => put(run));
    underWay.set(place, putting);
    const forget = (): void => {
      if (underWay.get(place) === putting) underWay.delete(place);
    };
    putting.then(forget, forget);
    return putting;
  };

  const request = async (run: RequestedRun): Promise<RunRequest> => {
    const { runId, at, requested, held } = run;
    const { isNew, isGated } = await ledger.runs.request(run);
    if (isGated) return { isNew, isGated };
    // One that was there already may have been moved or cancelled since: its timer knows.
    if (!isDueAt(requested, at) || (!isNew && requested.dueAt !== undefined)) {
      return { isNew, isGated, dueAt: requested.dueAt! };
    }
    // A held run is dispatched too, for its events to reach the feed; without its input, since it has more than one.
    return { isNew, isGated, dispatch: { runId, version: 1, ...(!held && { requested: { at, data: requested } }) } };
  };

  return (run) => (run.requested.key === undefined ? request(run) : putInOrder(run, run.requested.key));
};
