import { describe, expect, it } from 'vitest';
import { simulate, type Flaws } from './simulate.ts';

/** More find more; `npm run simulate` takes any number. */
const SEEDS = 1_500;

describe('whatever goes wrong', () => {
  it('every run ends, and what was promised holds', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = await simulate(seed);
      expect(violations, `npm run simulate -- --seed ${seed} --verbose`).toEqual([]);
    }
  });
});

describe('a simulation', { timeout: 60_000 }, () => {
  it('goes the same way whenever it is repeated, and another way with another seed', async () => {
    const trace = async (seed: number): Promise<string[]> => {
      const lines: string[] = [];
      const { traceHash } = await simulate(seed, { onTrace: (line) => lines.push(line) });
      return [...lines, traceHash];
    };
    for (const seed of [3, 17, 140]) {
      const first = await trace(seed);
      await simulate(seed + 1);
      expect(await trace(seed)).toEqual(first);
      expect((await trace(seed + 1)).at(-1)).not.toBe(first.at(-1));
    }
  });

  it('makes everything happen that it speaks of', async () => {
    const counts = { crashes: 0, stalls: 0, conflicts: 0, redeliveries: 0 };
    for (let seed = 1; seed <= 120; seed++) {
      const simulated = await simulate(seed);
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += simulated.counts[name];
    }
    expect(Object.entries(counts).filter(([, count]) => count <= 20)).toEqual([]);
  });

  it.each<[string, Flaws, RegExp]>([
    ['a ledger that does not look at versions', { forgetsVersionCheck: true }, /stands where/],
    ['a ledger that loses the lease of a run', { forgetsLeases: true }, /never ends/],
    ['locks that are given to whoever asks', { givesLocksAway: true }, /under the lock .*, which run|without the lock/],
    ['a data service that forgets its keys', { forgetsKeys: true }, /was applied twice/],
    ['a transaction that is committed in parts', { commitsInParts: true }, /did not make|was never applied/],
    [
      'an executor that drops what met a conflict',
      { dropsEventsOnConflict: true },
      /never ends|did not make|has no|never told/,
    ],
  ])('finds %s', async (_, flaws, expected) => {
    const found = await firstViolations(flaws, 300);
    expect(found.join('\n')).toMatch(expected);
  });
});

/** What the first of the seeds finds that finds what is expected of it. */
const firstViolations = async (flaws: Flaws, seeds: number): Promise<string[]> => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await simulate(seed, { flaws });
    if (violations.length > 0) return violations;
  }
  return [];
};
