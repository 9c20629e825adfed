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

/** How far a list is, in items. */
export const listProgress = ({ list, mark, isStalled, nowMs }: ListProgressInput): Progress => {
  const { status, total, done, inFlight } = list;
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
    skipped: list.skipped,
    cancelled: list.cancelled + list.dropped,
    inFlight,
    retrying: list.retrying,
    percent: percentOf(shareOf(done, total), isFinal(status) && inFlight === 0),
    iteration: 1,
    ratePerSecond,
    eta: etaOf({ status, total, done, ratePerSecond }, nowMs),
    stalled: isStalled,
    message: list.message,
    startedAt: list.handedOut > 0 ? list.requestedAt.toISOString() : null,
    updatedAt: (list.finishedAt ?? list.progressAt ?? list.requestedAt).toISOString(),
    lastProgressAt: list.progressAt?.toISOString() ?? null,
  };
};
