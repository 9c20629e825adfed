import type { RecurrenceBody } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRecurrence } from './check-recurrence.ts';
import { nextOccurrences } from './next-occurrences.ts';

const next = (body: RecurrenceBody, after: string, count: number): string[] =>
  nextOccurrences(body, new Date(after), count).map((date) => date.toISOString());

describe('a recurrence with a mistake', () => {
  it.each<[RecurrenceBody, string, RegExp, string?]>([
    [{}, '', /exactly one/],
    [{ every: 'PT1M', cron: '* * * * *' }, '', /exactly one/],
    [{ every: { milliseconds: 500 } }, '/every', /at least one second/],
    [{ cron: '* * *' }, '/cron', /five or six fields, but has 3/],
    [{ cron: '0 0 0 1 1 * 2027' }, '/cron', /has 7/],
    [{ cron: '61 * * * *' }, '/cron', /61|out of range/i],
    [{ cron: '@daily' }, '/cron', /has 1/],
    [{ cron: '? * * * *' }, '/cron', /not supported/],
    [{ cron: '* * * * *', timeZone: 'Europe/Berlim' }, '/timeZone', /no time zone Europe\/Berlim/, 'Europe/Berlin'],
    [{ every: 'PT1M', timeZone: 'Berlin' }, '/timeZone', /no time zone Berlin/, 'Europe/Berlin'],
  ])('%j', (body, pointer, detail, suggestion) => {
    expect(checkRecurrence(body)).toEqual([
      { pointer, detail: expect.stringMatching(detail) as string, ...(suggestion && { suggestion }) },
    ]);
  });

  it.each<[RecurrenceBody]>([
    [{ every: 'PT1S' }],
    [{ cron: '0 9 * * MON-FRI', timeZone: 'America/New_York' }],
    [{ cron: '*/10 * * * * *' }],
  ])('%j has none', (body) => {
    expect(checkRecurrence(body)).toEqual([]);
  });
});

describe('the next occurrences', () => {
  it.each<[string, RecurrenceBody, string, string[]]>([
    [
      'an interval',
      { every: 'PT10S', startAt: '2026-01-01T00:00:05Z' },
      '2026-01-01T00:01:00Z',
      ['2026-01-01T00:01:05.000Z', '2026-01-01T00:01:15.000Z'],
    ],
    [
      'an interval at its own moment',
      { every: 'PT10S', startAt: '2026-01-01T00:00:00Z' },
      '2026-01-01T00:00:10Z',
      ['2026-01-01T00:00:20.000Z'],
    ],
    [
      'an interval before its start',
      { every: { days: 7 }, startAt: '2026-05-01T12:00:00+02:00' },
      '2026-01-01T00:00:00Z',
      ['2026-05-01T10:00:00.000Z', '2026-05-08T10:00:00.000Z'],
    ],
    ['an interval without a start', { every: 'PT15M' }, '2026-01-01T00:07:00Z', ['2026-01-01T00:15:00.000Z']],
    ['cron in UTC', { cron: '30 9 * * *' }, '2026-01-01T09:30:00Z', ['2026-01-02T09:30:00.000Z']],
    [
      'cron with seconds',
      { cron: '*/20 * * * * *' },
      '2026-01-01T00:00:05Z',
      ['2026-01-01T00:00:20.000Z', '2026-01-01T00:00:40.000Z'],
    ],
    [
      'the 31st',
      { cron: '0 0 31 * *' },
      '2026-01-31T00:00:00Z',
      ['2026-03-31T00:00:00.000Z', '2026-05-31T00:00:00.000Z'],
    ],
    ['the last day of the month', { cron: '0 0 L * *' }, '2026-01-31T00:00:00Z', ['2026-02-28T00:00:00.000Z']],
    [
      'across the start of summer time',
      { cron: '0 9 * * *', timeZone: 'Europe/Berlin' },
      '2026-03-28T09:00:00Z',
      ['2026-03-29T07:00:00.000Z', '2026-03-30T07:00:00.000Z'],
    ],
    [
      'a time that spring skips',
      { cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    ],
    [
      'a time that autumn repeats',
      { cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ],
    [
      'cron at its start',
      { cron: '0 * * * *', startAt: '2026-06-01T00:00:00Z' },
      '2026-01-01T00:00:00Z',
      ['2026-06-01T00:00:00.000Z', '2026-06-01T01:00:00.000Z'],
    ],
  ])('of %s', (_, body, after, expected) => {
    expect(next(body, after, expected.length)).toEqual(expected);
  });

  it('end where the calendar does', () => {
    expect(next({ cron: '0 0 30 2 *' }, '2026-01-01T00:00:00Z', 3)).toEqual([]);
  });

  it('of an interval are spaced by it, later than asked, and the same asked from any of them', () => {
    const date = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), date, date, (seconds, startAt, after) => {
        const body: RecurrenceBody = { every: { seconds }, startAt: startAt.toISOString() };
        const [first, second] = nextOccurrences(body, after, 2) as [Date, Date];
        expect(first.getTime()).toBeGreaterThan(after.getTime());
        expect(second.getTime() - first.getTime()).toBe(seconds * 1000);
        expect(nextOccurrences(body, first, 1)).toEqual([second]);
        expect(nextOccurrences(body, new Date(first.getTime() - 1), 1)).toEqual([first]);
      }),
    );
  });
});
