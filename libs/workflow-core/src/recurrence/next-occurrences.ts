import { durationMs, type RecurrencePlan } from '@nightshift/contracts';
import { calendarCrons } from './calendar-crons.ts';
import { makeCron } from './cron.ts';
import { makePassExcluded } from './excluded-days.ts';

/** The first moment after a given one, never including it; undefined: there is none. */
type NextAfter = (after: Date) => Date | undefined;

/**
 * The next planned moments after `after`, never including it, ascending, without jitter. Fewer than `count` only if the recurrence ends: at
 * `endAt`, or with its calendar, as that of 30 February does. An interval is counted from `startAt`, which is the first occurrence
 * (without it, from the start of 1970, so that every replica plans the same); a calendar and a cron expression have none before `startAt`.
 * None is on an excluded day.
 * @throws Error if `checkRecurrence` finds the plan wrong
 */
export const nextOccurrences = (plan: RecurrencePlan, after: Date, count: number): Date[] => {
  const { startAt, endAt, exclude = [], timeZone = 'UTC' } = plan;
  const startMs = startAt === undefined ? -Infinity : Date.parse(startAt);
  const endMs = endAt === undefined ? Infinity : Date.parse(endAt);
  const nextAfter = makeNextAfter(plan);
  const passExcluded = makePassExcluded(exclude, timeZone);
  const found: Date[] = [];
  // The start itself may be an occurrence, so the search begins just before it.
  let from = new Date(Math.max(after.getTime(), startMs - 1));
  while (found.length < count) {
    const next = nextAfter(from);
    if (next === undefined || next.getTime() > endMs) break;
    const behind = passExcluded(next);
    if (behind === undefined) found.push(next);
    from = behind ?? next;
  }
  return found;
};

const makeNextAfter = ({ every, calendar, cron, timeZone, startAt }: RecurrencePlan): NextAfter => {
  if (every !== undefined) return nextInterval(durationMs(every), startAt === undefined ? 0 : Date.parse(startAt));
  if (calendar !== undefined) return earliestOf(calendarCrons(calendar).map((one) => nextByCron(one, timeZone)));
  return nextByCron(cron ?? '', timeZone);
};

const nextInterval =
  (everyMs: number, startMs: number): NextAfter =>
  (after) =>
    new Date(startMs + (Math.floor((after.getTime() - startMs) / everyMs) + 1) * everyMs);

const nextByCron = (expression: string, timeZone: string | undefined): NextAfter => {
  const made = makeCron(expression, timeZone);
  if ('detail' in made) throw new Error(made.detail);
  return (after) => made.cron.nextRun(after) ?? undefined;
};

/** Of several, asked for ascending moments. Each is asked anew only when its moment has passed. */
const earliestOf = (all: readonly NextAfter[]): NextAfter => {
  const heads = all.map((nextAfter) => ({ nextAfter, isAsked: false, next: undefined as Date | undefined }));
  return (after) => {
    let earliest: Date | undefined;
    for (const head of heads) {
      if (!head.isAsked || (head.next !== undefined && head.next <= after)) head.next = head.nextAfter(after);
      head.isAsked = true;
      if (head.next !== undefined && (earliest === undefined || head.next < earliest)) earliest = head.next;
    }
    return earliest;
  };
};
