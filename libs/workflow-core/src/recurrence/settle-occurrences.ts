import { durationMs, type Misfire, type RecurrenceBody, type SkipReason } from '@nightshift/contracts';
import type { PlannedMoment } from './plan-occurrences.ts';

/** What is known of a recurrence when planned moments of it have come. */
export interface Situation {
  /** Planned moments that have come, oldest first, at least one. */
  moments: readonly PlannedMoment[];
  /** Later ones have come too, and are settled after these. */
  isBehind: boolean;
  now: Date;
  isPaused: boolean;
  isPublished: boolean;
  /** Whether the run that it started last goes on. */
  isPreviousOpen: boolean;
  /** Whether moments before these wait in its queue. */
  hasQueue: boolean;
}

/** What becomes of one planned moment. */
export type Settled = PlannedMoment &
  ({ outcome: 'fired' } | { outcome: 'queued' } | { outcome: 'skipped'; reason: SkipReason });

/**
 * A moment that is later than this is missed even if it is the newest. Smaller would skip moments because a scheduler was replaced by another;
 * larger would start what nobody expects any more.
 */
export const MISSED_AFTER_MS = 60_000;

/**
 * Settles every one of the moments, by the recurrence's `misfire` and `overlap`. Its decisions do not depend on how many moments are
 * settled at a time.
 */
export const settleOccurrences = (
  { misfire = 'once', overlap = 'parallel' }: Pick<RecurrenceBody, 'misfire' | 'overlap'>,
  { moments, isBehind, now, isPaused, isPublished, isPreviousOpen, hasQueue }: Situation,
): Settled[] => {
  let isOpen = isPreviousOpen;
  let isQueueing = hasQueue;

  const settle = (moment: PlannedMoment, isNewest: boolean): Settled => {
    const skipped = (reason: SkipReason): Settled => ({ ...moment, outcome: 'skipped', reason });
    if (isPaused) return skipped('paused');
    if (!isPublished) return skipped('unpublished');
    const lateMs = now.getTime() - moment.dueAt.getTime();
    const isMissed = !isNewest || lateMs > MISSED_AFTER_MS;
    if (isMissed && !makesUpFor(misfire, isNewest, lateMs)) return skipped('misfire');
    if (overlap === 'skip' && isOpen) return skipped('overlap');
    if (overlap === 'queue' && (isOpen || isQueueing)) {
      isQueueing = true;
      return { ...moment, outcome: 'queued' };
    }
    isOpen = true;
    return { ...moment, outcome: 'fired' };
  };

  const settled = moments.map((moment, index) => settle(moment, !isBehind && index === moments.length - 1));
  if (overlap !== 'cancelPrevious') return settled;
  // Each would cancel the one before at once: only the last of all is started.
  const last = isBehind ? moments.length : settled.findLastIndex(({ outcome }) => outcome === 'fired');
  return settled.map((one, index) =>
    one.outcome === 'fired' && index < last ? { ...moments[index]!, outcome: 'skipped', reason: 'overlap' } : one,
  );
};

const makesUpFor = (misfire: Misfire, isNewest: boolean, lateMs: number): boolean => {
  switch (misfire) {
    case 'skip':
      return false;
    case 'once':
      return isNewest;
    case 'all':
      return true;
    default:
      return lateMs <= durationMs(misfire.within);
  }
};
