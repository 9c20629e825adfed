import { expect, it } from 'vitest';
import { growingDelayMs } from './growing-delay.ts';

it('doubles up to its bound, give or take a quarter', () => {
  for (const [attempt, aboutMs] of [
    [0, 100],
    [1, 200],
    [3, 800],
    [20, 1_000],
    [5_000, 1_000],
  ] as const) {
    const delayMs = growingDelayMs(attempt, 100, 1_000);
    expect(delayMs).toBeGreaterThanOrEqual(aboutMs * 0.75);
    expect(delayMs).toBeLessThanOrEqual(aboutMs * 1.25);
  }
});
