import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { percentile, runClosedLoop } from './closed-loop.ts';

describe('runClosedLoop', () => {
  it('keeps as many callers waiting as it was told, and no more', async () => {
    let atWork = 0;
    let most = 0;
    const result = await runClosedLoop({
      concurrency: 7,
      warmupMs: 20,
      durationMs: 100,
      call: async () => {
        most = Math.max(most, ++atWork);
        await sleep(5);
        atWork -= 1;
      },
    });

    expect(most).toBe(7);
    expect(atWork).toBe(0);
    expect(result.errors).toBe(0);
    expect(result.count).toBeGreaterThan(0);
    expect(result.perSecond).toBe(result.count * 10);
    expect(result.p50Ms).toBeGreaterThanOrEqual(4);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
  });

  it('does not count the warm-up', async () => {
    const result = await runClosedLoop({ concurrency: 1, warmupMs: 200, durationMs: 10, call: () => sleep(100) });

    expect(result.count).toBeLessThanOrEqual(1);
  });

  it('says when the measured time begins and ends', async () => {
    const edges: string[] = [];
    const startedAt = performance.now();
    const openedAfterMs: number[] = [];
    await runClosedLoop({
      concurrency: 1,
      warmupMs: 50,
      durationMs: 50,
      call: () => sleep(1),
      onWindow: (edge) => {
        edges.push(edge);
        openedAfterMs.push(performance.now() - startedAt);
      },
    });

    expect(edges).toEqual(['opens', 'closes']);
    expect(openedAfterMs[0]).toBeGreaterThanOrEqual(49);
    expect(openedAfterMs[1]).toBeGreaterThanOrEqual(99);
  });

  it('counts failing calls apart and keeps the first message', async () => {
    const result = await runClosedLoop({
      concurrency: 2,
      warmupMs: 0,
      durationMs: 50,
      call: () => Promise.reject(new Error('refused')),
    });

    expect(result).toMatchObject({ count: 0, perSecond: 0, firstError: 'refused' });
    expect(result.errors).toBeGreaterThan(0);
    expect(result.p50Ms).toBeNaN();
  });
});

describe('percentile', () => {
  it('answers with a value that occurred', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1);

    expect(percentile(sorted, 0.5)).toBe(50);
    expect(percentile(sorted, 0.99)).toBe(99);
    expect(percentile([3], 0.99)).toBe(3);
  });
});
