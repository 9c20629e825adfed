import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs, retryOf, type Retry } from './retry.ts';

const anyRetry: fc.Arbitrary<Retry> = fc.record({
  delayMs: fc.integer({ min: 0, max: 1e12 }),
  backoff: fc.constantFrom('constant', 'linear', 'exponential'),
  attempts: fc.integer({ min: 1, max: 1000 }),
  maxDelayMs: fc.integer({ min: 0, max: 1e12 }),
});

describe('the delay before another attempt', () => {
  it('is a whole number that never falls and never exceeds its limit', () => {
    fc.assert(
      fc.property(anyRetry, fc.integer({ min: 1, max: 5000 }), (retry, attempt) => {
        const delayMs = retryDelayMs(retry, attempt);
        const nextMs = retryDelayMs(retry, attempt + 1);
        expect(Number.isSafeInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(retry.maxDelayMs);
        expect(nextMs).toBeGreaterThanOrEqual(delayMs);
      }),
    );
  });

  it.each<[Retry['backoff'], number[]]>([
    ['constant', [100, 100, 100, 100]],
    ['linear', [100, 200, 300, 350]],
    ['exponential', [100, 200, 350, 350]],
  ])('%s', (backoff, expected) => {
    const retry: Retry = { delayMs: 100, backoff, attempts: 5, maxDelayMs: 350 };
    expect([1, 2, 3, 4].map((attempt) => retryDelayMs(retry, attempt))).toEqual(expected);
  });

  it('doubles up to a day unless told otherwise', () => {
    const retry = retryOf({ delay: { hours: 1 }, limit: { attempts: 9 } });
    expect(retry).toEqual({ delayMs: 3_600_000, backoff: 'exponential', attempts: 9, maxDelayMs: 86_400_000 });
  });
});
