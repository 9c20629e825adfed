import type { RecurrenceBody } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settleOccurrences, type Settled, type Situation } from './settle-occurrences.ts';

const HOUR_MS = 3_600_000;
const now = new Date('2026-03-02T12:00:00Z');

/** Hourly moments, the newest of them `lateMs` ago. */
const hourly = (count: number, lateMs = 0): Situation['moments'] =>
  Array.from({ length: count }, (_, index) => {
    const moment = new Date(now.getTime() - lateMs - (count - 1 - index) * HOUR_MS);
    return { plannedAt: moment, dueAt: moment };
  });

const usual: Situation = {
  moments: hourly(1),
  isBehind: false,
  now,
  isPaused: false,
  isPublished: true,
  isPreviousOpen: false,
  hasQueue: false,
};

const words = (settled: readonly Settled[]): string[] =>
  settled.map((one) => (one.outcome === 'skipped' ? one.reason : one.outcome));
const settle = (spec: RecurrenceBody, situation: Partial<Situation>): string[] =>
  words(settleOccurrences(spec, { ...usual, ...situation }));

describe('moments that were missed', () => {
  it.each<[RecurrenceBody['misfire'], string[]]>([
    [undefined, ['misfire', 'misfire', 'fired']],
    ['once', ['misfire', 'misfire', 'fired']],
    ['skip', ['misfire', 'misfire', 'misfire']],
    ['all', ['fired', 'fired', 'fired']],
    [{ within: 'PT90M' }, ['misfire', 'fired', 'fired']],
    [{ within: 'PT1M' }, ['misfire', 'misfire', 'misfire']],
  ])('with misfire %j', (misfire, expected) => {
    expect(settle({ misfire }, { moments: hourly(3, HOUR_MS / 6) })).toEqual(expected);
  });

  it('do not count the newest, until it is late by more than a minute', () => {
    expect(settle({ misfire: 'skip' }, { moments: hourly(2, 60_000) })).toEqual(['misfire', 'fired']);
    expect(settle({ misfire: 'skip' }, { moments: hourly(2, 60_001) })).toEqual(['misfire', 'misfire']);
  });

  it('are told from their jitter on', () => {
    const plannedAt = new Date(now.getTime() - 2 * HOUR_MS);
    expect(settle({ misfire: 'skip' }, { moments: [{ plannedAt, dueAt: now }] })).toEqual(['fired']);
  });
});

describe('moments that come while the previous run goes on', () => {
  it.each<[RecurrenceBody['overlap'], string[]]>([
    [undefined, ['fired', 'fired']],
    ['parallel', ['fired', 'fired']],
    ['skip', ['overlap', 'overlap']],
    ['queue', ['queued', 'queued']],
    ['cancelPrevious', ['overlap', 'fired']],
  ])('with overlap %s', (overlap, expected) => {
    expect(settle({ misfire: 'all', overlap }, { moments: hourly(2), isPreviousOpen: true })).toEqual(expected);
  });

  it('overlap with each other too', () => {
    expect(settle({ misfire: 'all', overlap: 'skip' }, { moments: hourly(2) })).toEqual(['fired', 'overlap']);
    expect(settle({ misfire: 'all', overlap: 'queue' }, { moments: hourly(2) })).toEqual(['fired', 'queued']);
  });

  it('do not overtake those in the queue', () => {
    expect(settle({ overlap: 'queue' }, { hasQueue: true })).toEqual(['queued']);
  });
});

it('a paused recurrence, and one of an unpublished workflow, start nothing', () => {
  expect(settle({}, { isPaused: true })).toEqual(['paused']);
  expect(settle({}, { isPublished: false })).toEqual(['unpublished']);
});

it('decides the same however many moments are settled at a time', () => {
  const misfire = fc.constantFrom('skip', 'once', 'all', { within: 'PT150M' } as const);
  const overlap = fc.constantFrom('skip', 'queue', 'parallel', 'cancelPrevious');
  fc.assert(
    fc.property(misfire, overlap, fc.boolean(), fc.integer({ min: 1, max: 9 }), (misfire_, overlap_, isOpen, size) => {
      const spec = { misfire: misfire_, overlap: overlap_ } as RecurrenceBody;
      const moments = hourly(10);
      const whole = settle(spec, { moments, isPreviousOpen: isOpen });
      const parts: string[] = [];
      for (let from = 0; from < moments.length; from += size) {
        parts.push(
          ...settle(spec, {
            moments: moments.slice(from, from + size),
            isBehind: from + size < moments.length,
            isPreviousOpen: isOpen || parts.includes('fired'),
            hasQueue: parts.includes('queued'),
          }),
        );
      }
      expect(parts).toEqual(whole);
    }),
  );
});
