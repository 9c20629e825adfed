import { expect, it } from 'vitest';
import { makeIsStalled } from './is-stalled.ts';

const ask = (quietMs: number, usualMs: number | undefined, isAtWork = true) => {
  const asked: unknown[] = [];
  const isStalled = makeIsStalled({
    ledger: {
      progress: {
        usualMs: (kin: unknown) => {
          asked.push(kin);
          return Promise.resolve(usualMs);
        },
      } as never,
    },
    nowMs: () => 1_000_000,
    floorMs: 60_000,
  });
  const answer = isStalled({ sinceMs: 1_000_000 - quietMs, kin: { workflow: 'w' }, isAtWork: () => isAtWork });
  return answer.then((stalled) => [stalled, asked.length]);
};

it.each([
  ['quiet for as long as the floor', 60_000, 1_000, true, [false, 0]],
  ['quiet for longer than the floor, and than three times its usual time', 60_001, 20_000, true, [true, 1]],
  ['quiet for longer than the floor, and not than three times its usual time', 90_000, 30_000, true, [false, 1]],
  ['one of a kind of which none has ended', 60_001, undefined, true, [true, 1]],
  ['quiet because it has nothing to do', 600_000, 1_000, false, [false, 0]],
])('%s', async (_, quietMs, usualMs, isAtWork, expected) => {
  expect(await ask(quietMs, usualMs, isAtWork)).toEqual(expected);
});
