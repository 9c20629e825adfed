import type { Progress } from '@nightshift/contracts';

/** How far something was at a moment. */
export interface Mark {
  atMs: number;
  done: number;
}

/** Fewer, and one slow or quick item is the whole rate. */
const SAMPLE_MIN = 5;

/**
 * How much a second is done of late: from one mark to the latest one. Nothing is said of fewer than five. A silence that is longer than usual
 * counts, so that the rate of what stands still goes to nothing.
 */
export const rateOf = (from: Mark | undefined, latest: Mark | undefined, nowMs: number): number | null => {
  if (!from || !latest) return null;
  const amount = latest.done - from.done;
  const movingMs = latest.atMs - from.atMs;
  if (amount < SAMPLE_MIN || movingMs <= 0) return null;
  const elapsedMs = Math.max(movingMs, nowMs - from.atMs - movingMs / amount);
  return Math.round((amount / elapsedMs) * 100_000) / 100;
};

/** When the rest will be done at that rate; null where nobody can tell, and for what does not go on by itself. */
export const etaOf = (
  { status, total, done, ratePerSecond }: Pick<Progress, 'status' | 'total' | 'done' | 'ratePerSecond'>,
  nowMs: number,
): string | null => {
  const isMoving = status === 'running' || status === 'waiting' || status === 'queued';
  if (!isMoving || total === null || !ratePerSecond) return null;
  return new Date(nowMs + ((total - done) / ratePerSecond) * 1000).toISOString();
};

/** One decimal, never 100 before the end. */
export const percentOf = (share: number | null, hasEnded: boolean): number | null => {
  if (hasEnded) return 100;
  return share === null ? null : Math.min(Math.floor(share * 1000) / 10, 99.9);
};

export const shareOf = (done: number, total: number | null): number | null =>
  total === null ? null : total === 0 ? 0 : done / total;
