import { expect, it } from 'vitest';
import { nextAttemptAt } from './next-attempt.ts';

const HOUR_MS = 60 * 60_000;
const rules = { retryForMs: 72 * HOUR_MS, random: () => 0.5 };

/** The pauses of a delivery that never arrives. */
const pauses = (random: () => number): number[] => {
  const made: number[] = [];
  let nowMs = 0;
  for (;;) {
    const next = nextAttemptAt(0, nowMs, { ...rules, random });
    if (next === undefined) return made;
    made.push(next - nowMs);
    nowMs = next;
  }
};

it('grows from a second to half a day, and ends after the time that it has', () => {
  const made = pauses(() => 0.5);
  expect(made.slice(0, 4)).toEqual([1_000, 1_500, 3_750, 9_375]);
  expect(Math.max(...made)).toBe(12 * HOUR_MS);
  expect(made.reduce((sum, pause) => sum + pause)).toBe(72 * HOUR_MS);
  expect(made.length).toBeGreaterThan(12);
  expect(made.length).toBeLessThan(30);
});

it('differs between those that failed together', () => {
  expect(nextAttemptAt(0, 0, { ...rules, random: () => 0 })).toBe(800);
  expect(nextAttemptAt(0, 0, { ...rules, random: () => 1 })).toBe(1_200);
});

it('is as late as the receiver asks for, up to a day', () => {
  expect(nextAttemptAt(0, 0, rules, 60_000)).toBe(60_000);
  expect(nextAttemptAt(0, 0, rules, 10)).toBe(1_000);
  expect(nextAttemptAt(0, 0, rules, 100 * HOUR_MS)).toBe(24 * HOUR_MS);
});

it('is once more at the end of the time, and then not any more', () => {
  expect(nextAttemptAt(0, 70 * HOUR_MS, rules)).toBe(72 * HOUR_MS);
  expect(nextAttemptAt(0, 72 * HOUR_MS, rules)).toBeUndefined();
  expect(nextAttemptAt(0, 0, { ...rules, retryForMs: 0 })).toBeUndefined();
});
