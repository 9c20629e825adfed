import type { RecurrenceRow } from '@nightshift/ledger';
import { expect, it } from 'vitest';
import { comeMoments } from './come-moments.ts';

const at = (text: string): Date => new Date(`2026-03-${text}Z`);
const recurrence = (spec: RecurrenceRow['spec'], nextAt: Date): RecurrenceRow => ({
  workflow: 'nightly',
  key: 'each',
  spec,
  nextAt,
  dueAt: nextAt,
  pausedAt: null,
  lastRunId: null,
  workflowVersion: null,
  hasQueue: false,
  requestedBy: null,
});
const come = (spec: RecurrenceRow['spec'], nextAt: Date, now: Date) => {
  const { moments, next, isBehind } = comeMoments(recurrence(spec, nextAt), now);
  return { count: moments.length, last: moments.at(-1)!.plannedAt, next: next?.plannedAt, isBehind };
};

it.each<[string, RecurrenceRow['spec'], Date, Date, ReturnType<typeof come>]>([
  [
    'the planned moment alone',
    { every: 'PT1H' },
    at('02T10:00:00'),
    at('02T10:59:59'),
    { count: 1, last: at('02T10:00:00'), next: at('02T11:00:00'), isBehind: false },
  ],
  [
    'one that comes just now',
    { every: 'PT1H' },
    at('02T10:00:00'),
    at('02T11:00:00'),
    { count: 2, last: at('02T11:00:00'), next: at('02T12:00:00'), isBehind: false },
  ],
  [
    'exactly one batch',
    { every: 'PT1S' },
    at('02T10:00:00'),
    at('02T10:08:19'),
    { count: 500, last: at('02T10:08:19'), next: at('02T10:08:20'), isBehind: false },
  ],
  [
    'a week of seconds, a batch of them',
    { every: 'PT1S' },
    at('02T10:00:00'),
    at('09T10:00:00'),
    { count: 500, last: at('02T10:08:19'), next: at('02T10:08:20'), isBehind: true },
  ],
  [
    'the last ones',
    { every: 'PT1H', endAt: '2026-03-02T12:30:00Z' },
    at('02T10:00:00'),
    at('09T10:00:00'),
    { count: 3, last: at('02T12:00:00'), next: undefined, isBehind: false },
  ],
])('%s', (_, spec, nextAt, now, expected) => {
  expect(come(spec, nextAt, now)).toEqual(expected);
});
