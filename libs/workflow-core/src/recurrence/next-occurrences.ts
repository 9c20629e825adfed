import { durationMs, type RecurrenceBody } from '@nightshift/contracts';
import { makeCron } from './cron.ts';

/**
 * The next planned moments after `after`, never including it, ascending. Fewer than `count` only if a calendar ends, as that of 30
 * February does. An interval is counted from `startAt`, which is the first occurrence (without it, from the start of 1970, so that
 * every replica plans the same); a cron expression has none before `startAt`.
 * @throws Error if `checkRecurrence` finds the body wrong
 */
export const nextOccurrences = (
  { every, cron, timeZone, startAt }: RecurrenceBody,
  after: Date,
  count: number,
): Date[] => {
  const startMs = startAt === undefined ? undefined : new Date(startAt).getTime();
  if (every !== undefined) return nextIntervals(durationMs(every), startMs ?? 0, after.getTime(), count);
  const made = makeCron(cron ?? '', timeZone);
  if ('detail' in made) throw new Error(made.detail);
  // The start itself may be an occurrence, so the search begins just before it.
  const from = startMs === undefined ? after.getTime() : Math.max(after.getTime(), startMs - 1);
  return made.cron.nextRuns(count, new Date(from));
};

const nextIntervals = (everyMs: number, startMs: number, afterMs: number, count: number): Date[] => {
  const first = afterMs < startMs ? 0 : Math.floor((afterMs - startMs) / everyMs) + 1;
  return Array.from({ length: count }, (_, index) => new Date(startMs + (first + index) * everyMs));
};
