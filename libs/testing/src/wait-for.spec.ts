import { expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

it('returns the first truthy answer', async () => {
  let turn = 0;
  expect(await waitFor(() => (++turn === 3 ? { turn } : undefined), { intervalMs: 1 })).toEqual({ turn: 3 });
});

it('takes an error as "not yet"', async () => {
  let turn = 0;
  const condition = (): number => {
    if (++turn < 3) throw new Error('too early');
    return turn;
  };
  expect(await waitFor(condition, { intervalMs: 1 })).toBe(3);
});

it('tells what it waited for and the last answer', async () => {
  const asking = waitFor(() => 0, { timeoutMs: 5, intervalMs: 1, describe: 'ten runs' });
  await expect(asking).rejects.toThrow('timed out after 5 ms waiting for ten runs; last value: 0');
});

it('tells the last error, and keeps it as the cause', async () => {
  const cause = new Error('refused');
  const asking = waitFor(() => Promise.reject(cause), { timeoutMs: 5, intervalMs: 1 });
  await expect(asking).rejects.toMatchObject({ message: expect.stringContaining('last error: refused'), cause });
});
