import type { Progress } from '@nightshift/contracts';
import type { ListView } from '@nightshift/ledger';
import { percentOf } from './run-progress.ts';

/** A list with items under way of which none has ended for longer is worth a look. */
const STALLED_AFTER_MS = 60_000;

/** How far a list is, in items. */
export const listProgress = (list: ListView, nowMs: number): Progress => {
  const cancelled = list.cancelled + list.dropped;
  const done = list.succeeded + list.failed + cancelled;
  const inFlight = list.handedOut - list.succeeded - list.failed - list.cancelled;
  const hasEnded = list.status !== 'running';
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
    skipped: 0,
    cancelled,
    inFlight,
    retrying: 0,
    percent: percentOf(done, list.total, hasEnded && inFlight === 0),
    iteration: 1,
    ratePerSecond,
    eta: hasEnded || leftMs === undefined ? null : new Date(nowMs + leftMs).toISOString(),
    stalled: !hasEnded && inFlight > 0 && nowMs - (lastMs ?? list.requestedAt.getTime()) > STALLED_AFTER_MS,
    message: null,
    startedAt: list.handedOut > 0 ? list.requestedAt.toISOString() : null,
    updatedAt: (list.finishedAt ?? list.progressAt ?? list.requestedAt).toISOString(),
    lastProgressAt: list.progressAt?.toISOString() ?? null,
  };
};

const round = (rate: number): number => Math.round(rate * 100) / 100;
