import type { RunFeedEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { FeedEntry } from './feed-entry.ts';
import { makeRecentEntries } from './recent-entries.ts';

const entry = (sequence: number, text = 'x'): FeedEntry => ({ epoch: 1, sequence, event: {} as RunFeedEvent, text });

describe('what is remembered of the feed', () => {
  it('goes back as far as it was told from where, and is found by sequence', () => {
    const recent = makeRecentEntries();
    expect(recent.covers(10)).toBe(false);
    recent.clear(10);
    for (const sequence of [11, 14, 15]) recent.add(entry(sequence));
    expect([9, 10, 12].map(recent.covers)).toEqual([false, true, true]);
    expect([10, 11, 13, 14, 15].map((sequence) => recent.after(sequence)?.sequence)).toEqual([
      11,
      14,
      14,
      15,
      undefined,
    ]);
  });

  it('is bounded, in entries and in bytes', () => {
    const few = makeRecentEntries({ entries: 100, bytes: 1_000_000 });
    few.clear(0);
    for (let sequence = 1; sequence <= 1_000; sequence++) few.add(entry(sequence));
    expect([few.covers(899), few.covers(900), few.after(900)?.sequence]).toEqual([false, true, 901]);
    const small = makeRecentEntries({ entries: 100, bytes: 10 });
    small.clear(0);
    for (const sequence of [1, 2, 3]) small.add(entry(sequence, '12345'));
    expect([small.covers(0), small.covers(1)]).toEqual([false, true]);
    small.add(entry(4, 'longer than all that may be kept'));
    expect([small.covers(3), small.covers(4), small.after(3)]).toEqual([false, true, undefined]);
  });
});
