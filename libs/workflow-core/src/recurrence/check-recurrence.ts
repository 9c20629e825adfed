import { durationMs, type RecurrenceBody, type Violation } from '@nightshift/contracts';
import { checkCalendar } from './check-calendar.ts';
import { makeCron } from './cron.ts';
import { isTimeZone, nearestTimeZone } from './time-zone.ts';

/** Less would be a busy loop through the ledger, not a recurrence. */
export const SHORTEST_INTERVAL_MS = 1000;

/** More would no longer be the day that was planned. */
const LONGEST_JITTER_MS = 24 * 60 * 60_000;

/** Everything that is wrong with a recurrence beyond its schema, which it fits. */
export const checkRecurrence = (body: RecurrenceBody): Violation[] => {
  const { every, calendar, cron, timeZone, startAt, endAt, exclude = [] } = body;
  const violations: Violation[] = [];
  if ([every, calendar, cron].filter((way) => way !== undefined).length !== 1)
    violations.push({ pointer: '', detail: 'must have exactly one of `every`, `calendar` and `cron`' });
  if (every !== undefined && durationMs(every) < SHORTEST_INTERVAL_MS)
    violations.push({ pointer: '/every', detail: 'must be at least one second' });
  const hasZone = timeZone === undefined || isTimeZone(timeZone);
  if (!hasZone) {
    const suggestion = nearestTimeZone(timeZone);
    violations.push({
      pointer: '/timeZone',
      detail: `there is no time zone ${timeZone}`,
      ...(suggestion !== undefined && { suggestion }),
    });
  }
  if (cron !== undefined) violations.push(...checkCron(cron));
  if (calendar !== undefined) violations.push(...checkCalendar(calendar));
  if (startAt !== undefined && endAt !== undefined && Date.parse(endAt) < Date.parse(startAt))
    violations.push({ pointer: '/endAt', detail: 'must not be before startAt' });
  violations.push(...checkJitter(body));
  for (const [index, one] of exclude.entries()) {
    if (typeof one === 'object' && one.to < one.from)
      violations.push({ pointer: `/exclude/${index}/to`, detail: 'must not be before from' });
  }
  return violations;
};

const checkCron = (cron: string): Violation[] => {
  const made = makeCron(cron, undefined);
  return 'detail' in made ? [{ pointer: '/cron', detail: made.detail }] : [];
};

const checkJitter = ({ jitter, every }: RecurrenceBody): Violation[] => {
  if (jitter === undefined) return [];
  if (durationMs(jitter) > LONGEST_JITTER_MS) return [{ pointer: '/jitter', detail: 'must be at most a day' }];
  return every !== undefined && durationMs(jitter) > durationMs(every)
    ? [{ pointer: '/jitter', detail: 'must not be longer than every' }]
    : [];
};
