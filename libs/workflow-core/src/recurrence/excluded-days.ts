import type { Excluded } from '@nightshift/contracts';
import { makeCron } from './cron.ts';

/**
 * For a moment on an excluded day: a moment from which on to look for the next one, later than it and not later than the end of what is
 * excluded. Undefined: the moment's day is not excluded. Days are those of the zone.
 */
export type PassExcluded = (moment: Date) => Date | undefined;

export const makePassExcluded = (exclude: readonly Excluded[], timeZone: string): PassExcluded => {
  if (exclude.length === 0) return () => undefined;
  const ranges = exclude.map((one) => (typeof one === 'string' ? { from: one, to: one } : one));
  // Sweden writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  return (moment) => {
    const day = format.format(moment);
    const range = ranges.find(({ from, to }) => from <= day && day <= to);
    return range && new Date(firstMomentAfter(range.to, timeZone, moment).getTime() - 1);
  };
};

const DAY_MS = 24 * 60 * 60_000;

/** The first moment of the day after `date`. Of a range that is longer than a year, of that date within the next twelve months. */
const firstMomentAfter = (date: string, timeZone: string, moment: Date): Date => {
  const dayAfter = new Date(Date.parse(date) + DAY_MS);
  const made = makeCron(`0 0 0 ${dayAfter.getUTCDate()} ${dayAfter.getUTCMonth() + 1} *`, timeZone);
  const found = 'cron' in made ? made.cron.nextRun(moment) : null;
  return found ?? new Date(moment.getTime() + DAY_MS);
};
