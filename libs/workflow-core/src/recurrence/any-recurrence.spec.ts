import { weekdays, type Calendar, type MonthDay, type RecurrencePlan } from '@nightshift/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkRecurrence } from './check-recurrence.ts';
import { jitterMs } from './jitter.ts';
import { nextOccurrences } from './next-occurrences.ts';
import { planOccurrences } from './plan-occurrences.ts';

const moment = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
const two = (value: number): string => String(value).padStart(2, '0');

const time = fc.tuple(fc.nat(23), fc.nat(59)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
const at = fc.oneof(time, fc.uniqueArray(time, { minLength: 1, maxLength: 3 }));
const weekday = fc.constantFrom(...weekdays);
const day: fc.Arbitrary<MonthDay> = fc.oneof(
  fc.integer({ min: 1, max: 31 }),
  fc.constant('last' as const),
  fc.record({ nth: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('last' as const)), weekday }),
);
const calendar: fc.Arbitrary<Calendar> = fc.oneof(
  fc.record({ frequency: fc.constant('daily' as const), at }),
  fc.record({ frequency: fc.constant('weekly' as const), at, days: fc.uniqueArray(weekday, { minLength: 1 }) }),
  fc.record({ frequency: fc.constant('monthly' as const), at, day }),
  fc.record({ frequency: fc.constant('quarterly' as const), at, day, month: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ frequency: fc.constant('yearly' as const), at, day, month: fc.integer({ min: 1, max: 12 }) }),
);
const way: fc.Arbitrary<RecurrencePlan> = fc.oneof(
  fc.integer({ min: 1, max: 1e6 }).map((seconds) => ({ every: { seconds } })),
  calendar.map((given) => ({ calendar: given })),
  fc.constantFrom('*/15 * * * *', '0 9 * * MON-FRI', '*/10 * * * * *', '30 2 L * *').map((cron) => ({ cron })),
);
const exclude = fc.array(
  fc.oneof(
    moment.map(dayOf),
    fc.tuple(moment, fc.nat(900)).map(([from, count]) => ({
      from: dayOf(from),
      to: dayOf(new Date(from.getTime() + count * 86_400_000)),
    })),
  ),
  { maxLength: 5 },
);
const plan = fc
  .record({
    way,
    startAt: moment,
    lengthMs: fc.integer({ min: 0, max: 4e11 }),
    exclude,
    timeZone: fc.constantFrom('UTC', 'America/New_York', 'Europe/Berlin', 'Pacific/Chatham', 'Africa/Casablanca'),
  })
  .map(({ way: when, startAt, lengthMs, ...rest }): RecurrencePlan => ({
    ...when,
    ...rest,
    startAt: startAt.toISOString(),
    endAt: new Date(startAt.getTime() + lengthMs).toISOString(),
  }));

it('moments ascend, lie between start and end, are on no excluded day, and are the same wherever one begins to ask', () => {
  fc.assert(
    fc.property(plan, moment, (given, after) => {
      expect(checkRecurrence(given)).toEqual([]);
      const moments = nextOccurrences(given, after, 6);
      const format = new Intl.DateTimeFormat('en-CA', { timeZone: given.timeZone!, dateStyle: 'short' });
      let previous = after;
      for (const one of moments) {
        expect(one.getTime()).toBeGreaterThan(previous.getTime());
        expect(one.getTime()).toBeGreaterThanOrEqual(Date.parse(given.startAt!));
        expect(one.getTime()).toBeLessThanOrEqual(Date.parse(given.endAt!));
        const [date] = /\d{4}-\d\d-\d\d/.exec(format.format(one))!;
        for (const range of given.exclude!) {
          const { from, to } = typeof range === 'string' ? { from: range, to: range } : range;
          expect(date < from || date > to).toBe(true);
        }
        previous = one;
      }
      expect(moments.slice(1)).toEqual(
        moments[0] ? nextOccurrences(given, moments[0], 6).slice(0, moments.length - 1) : [],
      );
    }),
    { numRuns: 150 },
  );
});

it('what is excluded is left out, and nothing else', () => {
  fc.assert(
    fc.property(plan, moment, (given, after) => {
      const { exclude: excluded = [], ...rest } = given;
      const all = nextOccurrences(rest, after, 40);
      const format = new Intl.DateTimeFormat('en-CA', { timeZone: given.timeZone!, dateStyle: 'short' });
      const left = all.filter((one) => {
        const date = format.format(one);
        return !excluded.some((range) =>
          typeof range === 'string' ? range === date : range.from <= date && date <= range.to,
        );
      });
      expect(nextOccurrences(given, after, left.length)).toEqual(left);
    }),
    { numRuns: 100 },
  );
});

it('the year of a range that goes over many years is passed quickly', () => {
  const given = { every: { seconds: 1 }, exclude: [{ from: '2026-01-01', to: '2033-05-05' }], timeZone: 'Asia/Tehran' };
  // Midnight of 6 May in Tehran, three and a half hours before London's.
  expect(nextOccurrences(given, new Date('2026-06-01T00:00:00Z'), 1)).toEqual([new Date('2033-05-05T20:30:00Z')]);
});

it('jitter is always the same for a moment, within its bound, and spread over recurrences and moments', () => {
  const jitter = { minutes: 10 };
  const spread = Array.from({ length: 1000 }, (_, index) => [
    jitterMs(jitter, 'digest u1', new Date(index * 3_600_000)),
    jitterMs(jitter, `digest u${index}`, new Date(0)),
  ]);
  for (const kind of [0, 1] as const) {
    const quarters = [0, 0, 0, 0];
    for (const one of spread) quarters[Math.floor((one[kind]! / 600_000) * 4)]!++;
    expect(Math.min(...quarters)).toBeGreaterThan(200);
  }
  const place = { workflow: 'digest', key: 'u1' };
  const planned = planOccurrences(place, { every: 'PT1H', jitter }, new Date(0), 3);
  expect(planOccurrences(place, { every: 'PT1H', jitter }, planned[0]!.plannedAt, 2)).toEqual(planned.slice(1));
  expect(planned.map(({ plannedAt, dueAt }) => dueAt.getTime() - plannedAt.getTime())).toEqual(
    planned.map(({ plannedAt }) => jitterMs(jitter, 'digest u1', plannedAt)),
  );
});
