import type { RecurrenceBody } from '@nightshift/contracts';

/** The planned moments after a given one, soonest first. */
export type NextOccurrences = (spec: RecurrenceBody, after: Date, count: number) => Date[];

export interface Occurrence {
  /** The newest planned moment that has come. */
  plannedAt: Date;
  /** The first one in the future; undefined: there is none. */
  nextAt: Date | undefined;
}

/**
 * Of all moments from `plannedAt` (which has come) up to `now`, the newest, and the one after it. Halves the time that is left
 * instead of walking through the moments: a week of seconds is some thirty questions.
 */
export const newestMissed = (
  nextOccurrences: NextOccurrences,
  spec: RecurrenceBody,
  plannedAt: Date,
  now: Date,
): Occurrence => {
  const after = (moment: Date): Date | undefined => nextOccurrences(spec, moment, 1)[0];
  const hasCome = (moment: Date | undefined): moment is Date => moment !== undefined && moment <= now;
  let newest = plannedAt;
  let nothingAfterMs = now.getTime();
  for (;;) {
    const next = after(newest);
    if (!hasCome(next)) return { plannedAt: newest, nextAt: next };
    newest = next;
    const middle = new Date(Math.floor((newest.getTime() + nothingAfterMs) / 2));
    const afterMiddle = after(middle);
    if (hasCome(afterMiddle)) newest = afterMiddle;
    else nothingAfterMs = middle.getTime();
  }
};
