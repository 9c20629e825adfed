import { Failure } from '@nightshift/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeKnown, type Known } from './known.ts';

let nowMs: number;
let kept: Map<string, string>;
let reads: string[][];
let isAway: boolean;
let hold: Promise<void> | undefined;
let known: Known<string>;

const minutes = (count: number): number => count * 60_000;
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

beforeEach(() => {
  nowMs = 1_000_000;
  kept = new Map([
    ['a', 'A'],
    ['b', 'B'],
  ]);
  reads = [];
  isAway = false;
  hold = undefined;
  known = makeKnown({
    read: async (ids) => {
      reads.push([...ids]);
      const found = new Map([...kept].filter(([id]) => ids.includes(id)));
      await hold;
      if (isAway) throw new Failure('ledger.unavailable');
      return found;
    },
    unavailable: 'ledger.unavailable',
    nowMs: () => nowMs,
  });
});

describe('what is known', () => {
  it('is read once, for all who ask at once, and then there without a promise', async () => {
    expect(known.get('a')).toBeUndefined();
    expect(await Promise.all(['a', 'a', 'b', 'c'].map(known.load))).toEqual(['A', 'A', 'B', undefined]);
    expect(reads).toEqual([['a', 'b', 'c']]);
    expect(known.get('a')).toBe('A');
    expect(known.get('c')).toBeUndefined();
  });

  it('is read by one read at a time, however many ask', async () => {
    const first = Promise.withResolvers<void>();
    hold = first.promise;
    const asked = [known.load('a')];
    await settled();
    for (let count = 0; count < 500; count++) {
      asked.push(known.load(`x${count}`));
      await Promise.resolve();
    }
    await settled();
    expect(reads).toHaveLength(1);
    hold = undefined;
    first.resolve();
    await Promise.all(asked);
    expect(reads.map((ids) => ids.length)).toEqual([1, 200, 200, 100]);
  });

  it('is used for 5 s at most without being read, and read on the side before that', async () => {
    await known.load('a');
    kept.set('a', 'changed');
    nowMs += 2_499;
    expect(known.get('a')).toBe('A');
    expect(reads).toHaveLength(1);
    nowMs += 1;
    expect(known.get('a')).toBe('A');
    await settled();
    expect(reads).toHaveLength(2);
    expect(known.get('a')).toBe('changed');
    nowMs += 5_000;
    expect(known.get('a')).toBeUndefined();
  });

  it('is not used any more when it has changed, and what was read before the change is not kept', async () => {
    await known.load('a');
    known.forget('a');
    expect(known.get('a')).toBeUndefined();

    const slow = Promise.withResolvers<void>();
    hold = slow.promise;
    const before = known.load('a');
    await settled();
    kept.set('a', 'changed');
    known.forget('a');
    const after = known.load('a');
    slow.resolve();
    expect(await before).toBe('A');
    expect(await after).toBe('changed');
    expect(known.get('a')).toBe('changed');
  });

  it('goes on for 10 minutes while nobody can be asked, and nothing else is known then', async () => {
    await known.load('a');
    isAway = true;
    for (const age of [5_000, minutes(10) - 6_000]) {
      nowMs += age;
      expect(known.get('a')).toBeUndefined();
      expect(await known.load('a')).toBe('A');
    }
    await expect(known.load('b')).rejects.toThrow(expect.objectContaining({ code: 'ledger.unavailable' }));
    nowMs += 1_000;
    await expect(known.load('a')).rejects.toThrow(expect.objectContaining({ code: 'ledger.unavailable' }));
    nowMs += 1_000;
    isAway = false;
    expect(await known.load('a')).toBe('A');
  });

  it('does not go on then if it is known to have changed; it does if that is only possible', async () => {
    await Promise.all(['a', 'b'].map(known.load));
    isAway = true;
    known.doubt();
    known.forget('a');
    expect(known.get('b')).toBeUndefined();
    await expect(known.load('a')).rejects.toThrow();
    expect(await known.load('b')).toBe('B');
  });

  it('is asked for once in a second while nobody answers', async () => {
    isAway = true;
    await expect(known.load('a')).rejects.toThrow();
    await expect(known.load('a')).rejects.toThrow();
    expect(reads).toHaveLength(1);
    nowMs += 1_000;
    await expect(known.load('a')).rejects.toThrow();
    expect(reads).toHaveLength(2);
  });
});
