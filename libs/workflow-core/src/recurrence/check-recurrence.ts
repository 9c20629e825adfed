import { durationMs, type RecurrenceBody, type Violation } from '@nightshift/contracts';
import { makeCron } from './cron.ts';
import { isTimeZone, nearestTimeZone } from './time-zone.ts';

/** Less would be a busy loop through the ledger, not a recurrence. */
export const SHORTEST_INTERVAL_MS = 1000;

/** Everything that is wrong with a recurrence beyond its schema, which it fits. */
export const checkRecurrence = ({ every, cron, timeZone }: RecurrenceBody): Violation[] => {
  const violations: Violation[] = [];
  if ((every === undefined) === (cron === undefined))
    violations.push({ pointer: '', detail: 'must have exactly one of `every` and `cron`' });
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
  return violations;
};

const checkCron = (cron: string): Violation[] => {
  const made = makeCron(cron, undefined);
  return 'detail' in made ? [{ pointer: '/cron', detail: made.detail }] : [];
};
