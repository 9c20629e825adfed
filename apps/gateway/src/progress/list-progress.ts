import { isFinal, type Progress } from '@nightshift/contracts';
import type { ListView } from '@nightshift/ledger';
import { etaOf, percentOf, rateOf, shareOf, type Mark } from './pace.ts';

export interface ListProgressInput {
  list: ListView;
  /** From when on its rate is told. */
  mark: Mark | undefined;
  isStalled: boolean;
  nowMs: number;
}

/** Items that have begun and not ended. */
export const inFlightOf = (list: ListView): number => list.handedOut - list.succeeded - list.failed - list.cancelled;

/** How far a list is, in items. */
export const listProgress = ({ list, mark, isStalled, nowMs }: ListProgressInput): Progress => {
  const { status, total } = list;
  const cancelled = list.cancelled + list.dropped;
  const done = list.succeeded + list.failed + cancelled;
  const inFlight = inFlightOf(list);
  const lastMs = list.progressAt?.getTime();
  const ratePerSecond = rateOf(
    mark,
    lastMs === undefined ? undefined : { atMs: lastMs, done: done - list.dropped },
    nowMs,
  );
  return {
    id: list.id,
    kind: 'list',
    status,
    total,
    done,
    succeeded: list.succeeded,
    failed: list.failed,
    skipped: 0,
    cancelled,
    inFlight,
    retrying: 0,
    percent: percentOf(shareOf(done, total), isFinal(status) && inFlight === 0),
    iteration: 1,
    ratePerSecond,
    eta: etaOf({ status, total, done, ratePerSecond }, nowMs),
    stalled: isStalled,
    message: null,
    startedAt: list.handedOut > 0 ? list.requestedAt.toISOString() : null,
    updatedAt: (list.finishedAt ?? list.progressAt ?? list.requestedAt).toISOString(),
    lastProgressAt: list.progressAt?.toISOString() ?? null,
  };
};
