import { isFinal, type Progress } from '@nightshift/contracts';
import type { ListView } from '@nightshift/ledger';
import { percentOf } from './run-progress.ts';

/** A list with items under way of which none has ended for longer is worth a look. */
const STALLED_AFTER_MS = 60_000;

/** How far a list is, in items. */
export const listProgress = (list: ListView, nowMs: number): Progress => {
  const { done, inFlight } = list;
  const hasEnded = isFinal(list.status);
  const lastMs = list.progressAt?.getTime();
  const elapsedMs = (lastMs ?? nowMs) - list.requestedAt.getTime();
  const ratePerSecond = lastMs === undefined || elapsedMs <= 0 ? null : round((done / elapsedMs) * 1000);
  const leftMs =
    ratePerSecond === null || ratePerSecond === 0 ? undefined : ((list.total - done) / ratePerSecond) * 1000;
  return {
    id: list.id,
    kind: 'list',
    status: list.status,
    total: list.total,
    done,
    succeeded: list.succeeded,
    failed: list.failed,
    skipped: list.skipped,
    cancelled: list.cancelled + list.dropped,
    inFlight,
    retrying: list.retrying,
    percent: percentOf(done, list.total, hasEnded && inFlight === 0),
    iteration: 1,
    ratePerSecond,
    eta: hasEnded || leftMs === undefined ? null : new Date(nowMs + leftMs).toISOString(),
    stalled: !hasEnded && inFlight > 0 && nowMs - (lastMs ?? list.requestedAt.getTime()) > STALLED_AFTER_MS,
    message: list.message,
    startedAt: list.handedOut > 0 ? list.requestedAt.toISOString() : null,
    updatedAt: (list.finishedAt ?? list.progressAt ?? list.requestedAt).toISOString(),
    lastProgressAt: list.progressAt?.toISOString() ?? null,
  };
};

const round = (rate: number): number => Math.round(rate * 100) / 100;
