import { Failure } from '@nightshift/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeDueWork, type DueWork } from './due-work.ts';

interface Item {
  id: number;
  dueAt: Date;
}

/** A ledger that several could share: what is fired is gone. */
let stored: Item[] = [];
let fired: { id: number; atMs: number }[] = [];
let looks = 0;
let isAway = false;
let work: DueWork;
const failed = vi.fn();

const plan = (id: number, inMs: number): void => {
  stored.push({ id, dueAt: new Date(Date.now() + inMs) });
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [stored, fired, looks, isAway] = [[], [], 0, false];
  failed.mockClear();
  work = makeDueWork<Item>({
    name: 'test',
    upcoming: async (until, limit) => {
      looks++;
      if (isAway) throw new Failure('ledger.unavailable');
      return stored
        .filter(({ dueAt }) => dueAt < until)
        .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
        .slice(0, limit);
    },
    dueAt: ({ dueAt }) => dueAt,
    fire: async (items) => {
      const here = items.filter((item) => stored.includes(item));
      stored = stored.filter((item) => !here.includes(item));
      fired.push(...here.map(({ id }) => ({ id, atMs: Date.now() })));
      return here.length;
    },
    onOverdue: () => {},
    faults: { failed, answered: () => {} },
  });
});

afterEach(async () => {
  await work.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('due work', () => {
  it('is fired at its moment, in order, and sleeps meanwhile', async () => {
    plan(2, 900);
    plan(1, 300);
    work.start();
    await vi.advanceTimersByTimeAsync(299);
    expect(fired).toEqual([]);
    await vi.advanceTimersByTimeAsync(601);
    expect(fired).toEqual([
      { id: 1, atMs: 1_000_300 },
      { id: 2, atMs: 1_000_900 },
    ]);
    expect(looks).toBe(1);
  });

  it('is looked for in time when it was planned between two looks', async () => {
    work.start();
    await vi.advanceTimersByTimeAsync(200);
    plan(1, 400);
    work.planned(Date.now() + 400);
    await vi.advanceTimersByTimeAsync(400);
    expect(fired).toEqual([{ id: 1, atMs: 1_000_600 }]);
  });

  it('costs few looks however many signals come', async () => {
    work.start();
    await vi.advanceTimersByTimeAsync(1);
    for (let signal = 0; signal < 1_000; signal++) work.planned(Date.now());
    await vi.advanceTimersByTimeAsync(99);
    expect(looks).toBeLessThanOrEqual(3);
  });

  it('drains a burst of more than one look without waiting for the next', async () => {
    for (let id = 0; id < 5_000; id++) plan(id, 0);
    work.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(fired).toHaveLength(5_000);
  });

  it('leaves alone what others hold, without spinning', async () => {
    for (let id = 0; id < 4_000; id++) stored.push({ id, dueAt: new Date(Date.now()) });
    const held = stored;
    stored = [];
    const others = makeDueWork<Item>({
      name: 'other',
      upcoming: async () => (looks++, held),
      dueAt: ({ dueAt }) => dueAt,
      fire: async () => 0,
      onOverdue: () => {},
      faults: { failed, answered: () => {} },
    });
    others.start();
    await vi.advanceTimersByTimeAsync(1_000);
    await others.stop();
    expect(looks).toBeLessThan(110);
  });

  it('is fired after an outage, which costs a few questions a second', async () => {
    isAway = true;
    plan(1, 100);
    work.start();
    await vi.advanceTimersByTimeAsync(2_000);
    for (let signal = 0; signal < 1_000; signal++) work.planned(Date.now());
    await vi.advanceTimersByTimeAsync(0);
    expect(looks).toBeLessThan(10);
    expect(failed).toHaveBeenCalledTimes(looks);
    isAway = false;
    await vi.advanceTimersByTimeAsync(250);
    expect(fired).toHaveLength(1);
  });
});
