import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pace, WINDOW_ITEMS, type PaceMemory, type PaceRules } from './pace.ts';

const free: PaceRules = { intervalMs: null, gapMs: null, rate: null, isSequential: false, concurrency: null };

interface World {
  starts: number[];
  ends: number[];
  /** The most items that were under way at once. */
  most: number;
}

interface Turn {
  /** Since the turn before. */
  afterMs: number;
  /** How many of the items under way end just before this look. */
  ends: number;
}

/** A list that is looked at now and then, early, late and too often, by whoever has its row. */
const run = (rules: PaceRules, total: number, turns: readonly Turn[]): World => {
  const world: World = { starts: [], ends: [], most: 0 };
  let [nowMs, nextStartMs, memory] = [1_000_000, 1_000_000, {} as PaceMemory];
  for (const { afterMs, ends } of turns) {
    nowMs += afterMs;
    const under = world.starts.length - world.ends.length;
    for (let count = 0; count < Math.min(ends, under); count++) world.ends.push(nowMs);
    const ended = world.ends.length;
    const paced = pace({
      rules,
      // As it comes out of the table.
      memory: JSON.parse(JSON.stringify(memory)) as PaceMemory,
      nextStartMs,
      nowMs,
      inFlight: world.starts.length - ended,
      left: total - world.starts.length,
      ended,
      lastEndMs: world.ends.at(-1) ?? null,
    });
    ({ nextStartMs, memory } = paced);
    for (let count = 0; count < paced.start; count++) world.starts.push(nowMs);
    world.most = Math.max(world.most, world.starts.length - ended);
  }
  return world;
};

const turns = fc.array(fc.record({ afterMs: fc.nat(700), ends: fc.nat(5) }), { maxLength: 150 });
const busy = fc.array(fc.record({ afterMs: fc.nat(60), ends: fc.nat(50) }), { maxLength: 150 });

describe('the pace of a list', () => {
  it('never has more under way than the limit, whatever else it keeps to', () => {
    const limits = fc.record({
      concurrency: fc.option(fc.integer({ min: 1, max: 20 })),
      isSequential: fc.boolean(),
      intervalMs: fc.constant(null),
      gapMs: fc.option(fc.integer({ min: 1, max: 2_000 })),
      rate: fc.constant(null),
    });
    fc.assert(
      fc.property(limits, turns, (rules, looks) => {
        const most = rules.isSequential ? 1 : (rules.concurrency ?? (rules.gapMs === null ? WINDOW_ITEMS : 1));
        expect(run(rules, 10_000, looks).most).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('with an interval never has two starts closer than that, but for what it may be late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 3_000 }), turns, (intervalMs, looks) => {
        const { starts } = run({ ...free, intervalMs }, 1_000, looks);
        starts.forEach((at, index) => {
          if (index > 0) expect(at - starts[index - 1]!).toBeGreaterThanOrEqual(intervalMs - 20);
        });
      }),
    );
  });

  it('with an interval, looked at in time, has its starts on a grid', () => {
    const looks = Array.from({ length: 2_000 }, () => ({ afterMs: 5, ends: 1 }));
    const { starts } = run({ ...free, intervalMs: 200 }, 40, looks);
    expect(starts).toHaveLength(40);
    expect(starts.map((at) => at - starts[0]!)).toEqual(starts.map((_, index) => index * 200));
  });

  it('with a short interval makes up for no more than a moment', () => {
    const { starts } = run({ ...free, intervalMs: 10 }, 1_000, [
      { afterMs: 0, ends: 0 },
      { afterMs: 60_000, ends: 0 },
    ]);
    expect(starts.length).toBeLessThanOrEqual(7);
  });

  it('with a rate never has more starts than the limit in any stretch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 10, max: 5_000 }),
        fc.oneof(turns, busy),
        (limit, perMs, looks) => {
          const { starts } = run({ ...free, rate: { limit, perMs } }, 10_000, looks);
          starts.forEach((at, index) => {
            const before = starts[index - limit];
            if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(perMs);
          });
        },
      ),
    );
  });

  it('with a rate uses it up, and remembers little of it', () => {
    const looks = Array.from({ length: 6_000 }, () => ({ afterMs: 10, ends: 100 }));
    const { starts } = run({ ...free, rate: { limit: 100, perMs: 1_000 } }, 100_000, looks);
    expect(starts.length).toBeGreaterThan(60 * 100 * 0.9);
  });

  it('with a gap never fills a place sooner after it became free', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 5 }),
        turns,
        (gapMs, concurrency, looks) => {
          const { starts, ends } = run({ ...free, gapMs, concurrency }, 1_000, looks);
          // The start of the nth item beyond the places takes the place of one of the first n that ended.
          starts.slice(concurrency).forEach((at, index) => expect(at - ends[index]!).toBeGreaterThanOrEqual(gapMs));
        },
      ),
    );
  });

  it('comes to its end, however it is paced', () => {
    const rules = fc.oneof(
      fc.constant(free),
      fc.constant({ ...free, isSequential: true }),
      fc.integer({ min: 1, max: 300 }).map((intervalMs) => ({ ...free, intervalMs })),
      fc.integer({ min: 1, max: 300 }).map((gapMs) => ({ ...free, gapMs })),
      fc.integer({ min: 1, max: 300 }).map((perMs) => ({ ...free, rate: { limit: 2, perMs } })),
    );
    const looks = Array.from({ length: 500 }, () => ({ afterMs: 400, ends: 3 }));
    fc.assert(
      fc.property(rules, (one) => {
        expect(run(one, 50, looks).starts).toHaveLength(50);
      }),
    );
  });
});
