import type { Client } from '@nightshift/client';
import type { Progress } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type Executor, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let client: Client;
let executors: Executor[];

const left = { type: 'object', properties: { left: { type: 'integer' } }, required: ['left'] };
const next = (workflow: string) => ({
  if: 'parameters.left > 1',
  schedule: { workflow, parameters: { left: '=parameters.left - 1' } },
});

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0 });
  ({ client } = platform);
  executors = [await platform.openExecutor(), await platform.openExecutor()];
  await client.types.declare('cycle', { left: { kind: 'number' } });
  await platform.publish('count-down', {
    parameters: left,
    do: [
      { row: { create: { type: 'cycle', fields: { left: '=parameters.left' } } } },
      { told: { progress: { total: 200 } } },
      { next: next('count-down') },
    ],
  });
  await platform.publish('for-ever', { do: [{ next: { schedule: { workflow: 'for-ever' } } }] });
  await platform.publish('short', { parameters: left, do: [{ next: next('short') }] });
  await platform.publish('held', { guards: { cycles: 2 }, do: [{ next: { schedule: { workflow: 'held' } } }] });
  await platform.publish('one-open', {
    do: [{ gate: { waitFor: { event: 'never', key: 'never' } } }, { next: { schedule: { workflow: 'one-open' } } }],
  });
  await platform.publish('barrier', { do: [{ it: { set: 1 } }] });
});
afterAll(() => platform?.close());

const rowsOf = (chainId: string) =>
  platform.query<{ id: string; status: string }>(
    'SELECT id, status FROM nightshift.runs WHERE id = $1 OR chain_id = $1 ORDER BY iteration',
    [chainId],
  );

describe('a chain', () => {
  it('of 200 goes through each cycle once and never back, though its executors die', async () => {
    const chainId = await platform.start('count-down', { left: 200 });
    const documents: Progress[] = [];
    const following = (async () => {
      for await (const { progress } of client.progress.follow(chainId)) documents.push(progress);
    })();
    for (const [index, iteration] of [20, 50, 80, 110, 140, 170].entries()) {
      await waitFor(async () => (await client.chains.get(chainId)).iteration >= iteration, { timeoutMs: 30_000 });
      const victim = executors[index % 2]!;
      victim.cut();
      await waitFor(async () => (await client.chains.get(chainId)).iteration >= iteration + 10, { timeoutMs: 30_000 });
      victim.mend();
    }
    await following;
    for (const key of ['iteration', 'done'] as const) {
      const values = documents.map((document) => document[key]);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    const open = documents.filter(({ status }) => status !== 'succeeded');
    expect(open.every(({ percent }) => percent !== 100)).toBe(true);
    expect(open.some(({ total, percent, eta }) => total === 200 && percent !== null && eta !== null)).toBe(true);
    expect(documents.at(-1)).toMatchObject({
      kind: 'chain',
      status: 'succeeded',
      done: 200,
      total: 200,
      iteration: 200,
    });
    const rows = await platform.query<{ left: number }>('SELECT "left" FROM cycle');
    expect(rows.map((row) => Number(row.left)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
  }, 120_000);

  it('is cancelled with its future: nothing of it starts after the answer, fifty times', async () => {
    for (let time = 0; time < 50; time++) {
      const chainId = await platform.start('for-ever');
      await waitFor(async () => (await client.chains.get(chainId)).iteration >= 2 + (time % 5), { intervalMs: 5 });
      const cancelled = await client.chains.cancel(chainId, { reason: 'enough' });
      const then = await rowsOf(chainId);
      expect(cancelled).toMatchObject({ id: chainId, status: 'cancelled', iteration: then.length });
      expect(cancelled.finishedAt).not.toBeNull();
      expect(then.map(({ status }) => status)).toEqual([
        ...Array<string>(then.length - 1).fill('succeeded'),
        'cancelled',
      ]);
      // Whoever had the chain in hand has been through with it by now.
      await Promise.all(Array.from({ length: 4 }, () => platform.run('barrier')));
      expect(await rowsOf(chainId)).toEqual(then);
      expect(await client.progress.get(chainId)).toMatchObject({ kind: 'chain', status: 'cancelled', percent: 100 });
    }
  }, 120_000);

  it('is one while its only cycle is open, and is cancelled once, however often it is asked for', async () => {
    const chainId = await platform.start('one-open');
    await waitFor(async () => (await client.chains.get(chainId)).status === 'waiting');
    expect(await client.chains.get(chainId)).toMatchObject({
      workflow: 'one-open',
      iteration: 1,
      lastRunId: chainId,
      finishedAt: null,
      heldBy: [],
    });
    expect(await client.progress.get(chainId)).toMatchObject({ kind: 'chain', total: null, done: 0, percent: null });
    expect(await client.chains.cancel(chainId)).toMatchObject({ status: 'cancelled' });
    expect(await client.chains.cancel(chainId)).toMatchObject({ status: 'cancelled' });
  });

  it('that has ended by itself cannot be cancelled, and one that never was is not there', async () => {
    const chainId = await platform.start('short', { left: 2 });
    await waitFor(async () => (await client.progress.get(chainId)).status === 'succeeded');
    await expect(client.chains.cancel(chainId)).rejects.toMatchObject({ code: 'chain.ended', status: 409 });
    const { lastRunId } = await client.chains.get(chainId);
    await expect(client.chains.get(lastRunId)).rejects.toMatchObject({ code: 'chain.not_found' });
    await expect(client.chains.cancel('nothing')).rejects.toMatchObject({ code: 'chain.not_found' });
  });

  it('says which guard holds it, and can be cancelled then', async () => {
    const chainId = await platform.start('held');
    const held = await waitFor(async () => {
      const chain = await client.chains.get(chainId);
      return chain.status === 'paused' ? chain : undefined;
    });
    expect(held).toMatchObject({ iteration: 3, heldBy: ['cycles'], finishedAt: null });
    expect(await client.progress.get(chainId)).toMatchObject({ status: 'paused', stalled: false, eta: null });
    expect(await client.chains.cancel(chainId)).toMatchObject({ status: 'cancelled', heldBy: [] });
  });

  it('is found by its workflow and its status, page by page', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await platform.start('short', { left: 3 }));
    for (const id of ids) await waitFor(async () => (await client.progress.get(id)).status === 'succeeded');
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.chains.search({ workflow: 'short', limit: 2, ...(cursor && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      expect(page.items.every(({ workflow, status }) => workflow === 'short' && status === 'succeeded')).toBe(true);
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(found.slice(0, 5)).toEqual(ids.toReversed());
    expect(new Set(found).size).toBe(6);
    expect((await client.chains.search({ workflow: 'short', status: 'running' })).items).toEqual([]);
    const all = await client.chains.search({ limit: 500 });
    expect(new Set(all.items.map(({ workflow }) => workflow))).toEqual(
      new Set(['short', 'held', 'for-ever', 'count-down']),
    );
  });
});
