import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeTurnQueue, type Turn, type TurnQueue } from './turn-queue.ts';

const TAKES_MS = 5;
let handedOut: string[] = [];
let underWay: string[] = [];
let answers: Record<string, (Turn | undefined)[]> = {};
let queue: TurnQueue;
const failed = vi.fn();

const nothing: Turn = { started: 0, nextDueAt: undefined };
const now = (): Date => new Date(Date.now());

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [handedOut, underWay, answers] = [[], [], {}];
  failed.mockClear();
  queue = makeTurnQueue({
    name: 'lists',
    serve: async (listId) => {
      expect(underWay).not.toContain(listId);
      underWay.push(listId);
      handedOut.push(listId);
      await new Promise((resolve) => setTimeout(resolve, TAKES_MS));
      underWay = underWay.filter((other) => other !== listId);
      const known = answers[listId];
      return known && known.length > 0 ? known.shift() : nothing;
    },
    faults: { failed, answered: () => {} },
  });
});

afterEach(async () => {
  const stopped = queue.stop();
  await vi.advanceTimersByTimeAsync(TAKES_MS);
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('the turn queue', () => {
  it('hands a list out once more after signals that came meanwhile', async () => {
    queue.stirred('a');
    for (let signal = 0; signal < 100; signal++) queue.stirred('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(handedOut).toEqual(['a', 'a']);
  });

  it('hands a list out again while more may start, and others in between', async () => {
    const more = { started: 500, nextDueAt: now() };
    answers = { a: [more, more, more, more], b: [more, more, more], c: [more], d: [more] };
    for (const listId of ['a', 'b', 'c', 'd']) queue.stirred(listId);
    await vi.advanceTimersByTimeAsync(200);
    expect(handedOut.slice(0, 4)).toEqual(['a', 'b', 'c', 'd']);
    expect(handedOut.filter((listId) => listId === 'a')).toHaveLength(5);
  });

  it('comes back at the moment when the list is due', async () => {
    answers = { a: [{ started: 1, nextDueAt: new Date(Date.now() + 300) }] };
    queue.stirred('a');
    await vi.advanceTimersByTimeAsync(299);
    expect(handedOut).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(handedOut).toHaveLength(2);
  });

  it('gathers the ended items of a busy list, and not those of a slow one', async () => {
    answers = { busy: [{ started: 200, nextDueAt: undefined }], slow: [{ started: 1, nextDueAt: undefined }] };
    queue.stirred('busy');
    queue.stirred('slow');
    await vi.advanceTimersByTimeAsync(TAKES_MS);
    queue.stirred('busy');
    queue.stirred('slow');
    await vi.advanceTimersByTimeAsync(1);
    expect(handedOut).toEqual(['busy', 'slow', 'slow']);
    await vi.advanceTimersByTimeAsync(25);
    expect(handedOut).toEqual(['busy', 'slow', 'slow', 'busy']);
  });

  it('asks a few times more for a list in other hands', async () => {
    answers = { a: [undefined, undefined, undefined, undefined, undefined, undefined] };
    queue.stirred('a');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(handedOut).toHaveLength(4);
  });

  it('does not look after a list that was just handed out', async () => {
    queue.stirred('a');
    await vi.advanceTimersByTimeAsync(500);
    queue.seen('a', 0);
    await vi.advanceTimersByTimeAsync(510);
    expect(handedOut).toHaveLength(1);
    queue.forgetIdle();
    queue.seen('a', 0);
    await vi.advanceTimersByTimeAsync(TAKES_MS);
    expect(handedOut).toHaveLength(2);
  });
});
