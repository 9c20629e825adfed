import { expect, it } from 'vitest';
import { makeWindow } from './window.ts';

it('forgets what is older than the window, and never what is younger', () => {
  const window = makeWindow(1_000);
  window.add(3, 50);
  expect([window.total(50), window.total(1_050), window.total(1_100)]).toEqual([3, 3, 0]);
  expect(window.untilLessMs(1_100)).toBe(0);
});

it('says when less is counted', () => {
  const window = makeWindow(1_000);
  window.add(1, 100);
  window.add(1, 900);
  expect(window.untilLessMs(950)).toBe(250);
  expect([window.total(1_199), window.total(1_200), window.total(1_999), window.total(2_000)]).toEqual([2, 1, 1, 0]);
});

it('lets no stretch of its length have more than is taken while it is below a limit', () => {
  const window = makeWindow(1_000);
  const taken: number[] = [];
  let now = 0;
  let seed = 1;
  for (let round = 0; round < 20_000; round++) {
    seed = (seed * 48_271) % 2_147_483_647;
    now += seed % 20;
    if (window.total(now) >= 40) continue;
    window.add(1, now);
    taken.push(now);
  }
  const most = Math.max(
    ...taken.map((from, at) => taken.slice(at, at + 60).filter((time) => time < from + 1_000).length),
  );
  expect(most).toBe(40);
});

it('stays where it is when the clock is put back', () => {
  const window = makeWindow(1_000);
  window.add(2, 5_000);
  window.add(1, 3_000);
  expect(window.total(5_100)).toBe(3);
});
