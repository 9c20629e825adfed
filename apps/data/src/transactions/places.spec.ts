import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makePlaces } from './places.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('gives a place that becomes free to who has waited longest', async () => {
  const places = makePlaces(1, 1_000);
  expect(await places.take()).toBe(true);
  const order: string[] = [];
  const first = places.take().then(() => order.push('first'));
  const second = places.take().then(() => order.push('second'));
  places.free();
  await first;
  expect(order).toEqual(['first']);
  places.free();
  await second;
  places.free();
  expect(await places.take()).toBe(true);
});

it('lets nobody wait for ever, and loses no place over it', async () => {
  const places = makePlaces(1, 1_000);
  await places.take();
  const waiting = places.take();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await waiting).toBe(false);
  places.free();
  expect(await places.take()).toBe(true);
});
