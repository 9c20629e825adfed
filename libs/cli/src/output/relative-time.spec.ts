import { expect, it } from 'vitest';
import { formatDuration, relativeTime } from './relative-time.ts';

it.each([
  [0, '0ms'],
  [999, '999ms'],
  [1_000, '1s'],
  [61_000, '1m 1s'],
  [3_600_000, '1h'],
  [90_061_000, '1d 1h'],
])('%i milliseconds are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it('says how long ago, or in how long', () => {
  const now = Date.parse('2027-01-01T00:00:00Z');
  expect(relativeTime('2026-12-31T23:58:00Z', now)).toBe('2m ago');
  expect(relativeTime('2027-01-01T03:00:00+01:00', now)).toBe('in 2h');
  expect(relativeTime('2027-01-01T00:00:00.5Z', now)).toBe('now');
  expect(relativeTime(null, now)).toBe('');
});
