import type { Calendar, RecurrencePlan } from '@nightshift/contracts';
import { DateTime, IANAZone } from 'luxon';
import { describe, expect, it } from 'vitest';
import { nextOccurrences } from './next-occurrences.ts';

/**
 * Five years, moment by moment, against a calendar that is built from nothing but luxon's dates and offsets: with the last summers of
 * Tehran and of São Paulo (whose clocks skipped midnight), the two changes a year of Casablanca, and the half hours of Lord Howe.
 */
const zones = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'America/Sao_Paulo',
  'Asia/Tehran',
  'Pacific/Chatham',
  'UTC',
  'Asia/Kolkata',
];
const FROM = Date.UTC(2018, 0, 1);
const TO = Date.UTC(2023, 0, 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const noonOffsets = new Map<string, number>();
const offsetAtNoon = (zone: IANAZone, day: number): number => {
  const key = `${zone.name} ${day}`;
  const offset = noonOffsets.get(key) ?? zone.offset((day + 0.5) * DAY_MS);
  noonOffsets.set(key, offset);
  return offset;
};

/** luxon is asked only near a change of the offset: it takes its time. */
const offsetMs = (zone: IANAZone, ms: number): number => {
  const day = Math.floor(ms / DAY_MS);
  const [before, at, after] = [day - 1, day, day + 1].map((one) => offsetAtNoon(zone, one));
  return (before === at && at === after ? at! : zone.offset(ms)) * MINUTE_MS;
};

/** The moment at which the clocks of a zone show a local time first, or the first after the gap that it is in. */
const momentOf = (zone: IANAZone, localMs: number): number => {
  const [before, after] = [offsetMs(zone, localMs - DAY_MS), offsetMs(zone, localMs + DAY_MS)];
  const shown = [localMs - before, localMs - after].filter((ms) => ms + offsetMs(zone, ms) === localMs);
  if (shown.length > 0) return Math.min(...shown);
  let [low, high] = [localMs - DAY_MS, localMs + DAY_MS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/** Every day of the years, as luxon has it in UTC, with what a calendar may ask of it. */
const days = Array.from({ length: (TO - FROM) / DAY_MS + 2 }, (_, index) =>
  DateTime.fromMillis(FROM - DAY_MS, { zone: 'utc' }).plus({ days: index }),
);

/** Whether a calendar names a day, by its own words. */
type Names = (day: DateTime) => boolean;

const clamped = (day: DateTime, wanted: number): boolean => day.day === Math.min(wanted, day.daysInMonth!);
const isNth = (day: DateTime, nth: number, weekday: number): boolean =>
  day.weekday === weekday && Math.ceil(day.day / 7) === nth;
const isLastOf = (day: DateTime, weekday: number): boolean => day.weekday === weekday && day.day + 7 > day.daysInMonth!;

const calendars: [string, Calendar, Names][] = [
  ['daily', { frequency: 'daily', at: ['00:00', '02:15:30'] }, () => true],
  [
    'weekly',
    { frequency: 'weekly', days: ['sunday', 'wednesday'], at: '02:00' },
    ({ weekday }) => weekday === 7 || weekday === 3,
  ],
  ['monthly on the 31st', { frequency: 'monthly', day: 31, at: '02:30' }, (day) => clamped(day, 31)],
  ['monthly on the 30th', { frequency: 'monthly', day: 30, at: '00:15' }, (day) => clamped(day, 30)],
  ['monthly on the 29th', { frequency: 'monthly', day: 29, at: '12:00' }, (day) => clamped(day, 29)],
  ['monthly on the 4th', { frequency: 'monthly', day: 4, at: '00:00' }, ({ day }) => day === 4],
  ['monthly at its end', { frequency: 'monthly', day: 'last', at: '23:59:59' }, (day) => clamped(day, 31)],
  [
    'monthly on the 5th Monday',
    { frequency: 'monthly', day: { nth: 5, weekday: 'monday' }, at: '08:00' },
    (day) => isNth(day, 5, 1),
  ],
  [
    'monthly on the last Sunday',
    { frequency: 'monthly', day: { nth: 'last', weekday: 'sunday' }, at: '02:30' },
    (day) => isLastOf(day, 7),
  ],
  [
    'quarterly',
    { frequency: 'quarterly', month: 2, day: 31, at: '03:00' },
    (day) => [2, 5, 8, 11].includes(day.month) && clamped(day, 31),
  ],
  [
    'quarterly in the third month',
    { frequency: 'quarterly', month: 3, day: { nth: 2, weekday: 'sunday' }, at: '02:30' },
    (day) => [3, 6, 9, 12].includes(day.month) && isNth(day, 2, 7),
  ],
  [
    'yearly on 29 February',
    { frequency: 'yearly', month: 2, day: 29, at: '06:00' },
    (day) => day.month === 2 && clamped(day, 29),
  ],
  [
    'yearly on the first Sunday of November',
    { frequency: 'yearly', month: 11, day: { nth: 1, weekday: 'sunday' }, at: '01:30' },
    (day) => day.month === 11 && isNth(day, 1, 7),
  ],
];

const expectedOf = (zone: IANAZone, names: Names, times: readonly string[]): number[] => {
  const moments = days.filter(names).flatMap((day) =>
    times.map((time) => {
      const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
      return momentOf(zone, day.toMillis() + (hour * 60 + minute) * MINUTE_MS + second * 1000);
    }),
  );
  // Two times of one gap are one moment.
  return [...new Set(moments)].filter((ms) => ms > FROM && ms <= TO).sort((a, b) => a - b);
};

const plannedIn = (plan: RecurrencePlan, timeZone: string): number[] =>
  nextOccurrences({ ...plan, timeZone, endAt: new Date(TO).toISOString() }, new Date(FROM), 1_000_000).map((moment) =>
    moment.getTime(),
  );
const iso = (moments: readonly number[]): string[] => moments.map((ms) => new Date(ms).toISOString());

describe.each(zones)('five years in %s', (name) => {
  const zone = IANAZone.create(name);

  it.each(calendars)('%s', (_, calendar, names) => {
    const expected = expectedOf(zone, names, [calendar.at].flat());
    expect(expected.length).toBeGreaterThan(4);
    expect(iso(plannedIn({ calendar }, name))).toEqual(iso(expected));
  });

  it('cron with one time a day', () => {
    const expected = expectedOf(zone, ({ weekday }) => weekday >= 6, ['02:30']);
    expect(iso(plannedIn({ cron: '30 2 * * SAT,SUN' }, name))).toEqual(iso(expected));
  });

  it('cron with many times an hour goes by what the clocks show', () => {
    const expected: number[] = [];
    for (let ms = FROM + 15 * MINUTE_MS; ms <= TO; ms += 15 * MINUTE_MS) {
      const localMs = ms + offsetMs(zone, ms);
      const isPlanned =
        localMs % (30 * MINUTE_MS) === 0 &&
        localMs % DAY_MS < 4 * HOUR_MS &&
        [3, 11].includes(new Date(localMs).getUTCMonth() + 1);
      if (isPlanned) expected.push(ms);
    }
    expect(iso(plannedIn({ cron: '*/30 0-3 * 3,11 *' }, name))).toEqual(iso(expected));
  });
});
