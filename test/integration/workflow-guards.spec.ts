import type { RunView } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 2 });
});
afterAll(() => platform?.close());

const held = (chain: string): Promise<RunView> =>
  waitFor(async () => (await platform.client.runs.search({ chain, status: 'paused' })).items[0], {
    describe: 'a run to be held',
  });

const succeeded = async (chain: string): Promise<number[]> => {
  const { items } = await platform.client.runs.search({ chain, status: 'succeeded', limit: 1000 });
  return items.map(({ iteration }) => iteration).sort((one, other) => one - other);
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

it('a chain is held after as many cycles as it may have, and goes on when it may have more', async () => {
  const endless = (cycles: number) => ({
    guards: { cycles },
    do: [{ next: { schedule: { workflow: 'endless' } } }],
  });
  await platform.publish('endless', endless(10));
  const chain = await platform.start('endless');
  const eleventh = await held(chain);
  expect(eleventh).toMatchObject({ iteration: 11, heldBy: 'cycles', startedAt: null });
  const [, paused] = await platform.client.runs.events(eleventh.id);
  expect(paused).toMatchObject({ type: 'RunPaused', data: { guard: { name: 'cycles', limit: 10, value: 11 } } });
  await waitFor(async () => (await succeeded(chain)).length === 10, { describe: 'ten cycles' });
  expect(await succeeded(chain)).toEqual(upTo(10));

  await platform.publish('endless', endless(20));
  await waitFor(async () => (await held(chain)).iteration === 21, { describe: 'the next stop' });
  await waitFor(async () => (await succeeded(chain)).length === 20, { describe: 'twenty cycles' });
  expect(await succeeded(chain)).toEqual(upTo(20));
  expect((await platform.client.runs.search({ chain, limit: 1000 })).items).toHaveLength(21);

  const twentyFirst = await held(chain);
  await platform.client.runs.cancel(twentyFirst.id);
  expect(await platform.ended(twentyFirst.id)).toMatchObject({ status: 'cancelled' });
});

it('workflows that start each other in turns are held by how deep they do', async () => {
  const starting = (workflow: string) => ({ guards: { depth: 6 }, do: [{ next: { schedule: { workflow } } }] });
  await platform.publish('pong', { do: [{ x: { set: 1 } }] });
  await platform.publish('ping', starting('pong'));
  await platform.publish('pong', starting('ping'));
  await platform.start('ping');
  const find = async (): Promise<RunView | undefined> => {
    for (const workflow of ['ping', 'pong']) {
      const [run] = (await platform.client.runs.search({ workflow, status: 'paused' })).items;
      if (run) return run;
    }
    return undefined;
  };
  const run = await waitFor(find, { describe: 'a run to be held' });
  expect(run).toMatchObject({ heldBy: 'depth', depth: 7 });
  const depths = (
    await Promise.all(
      ['ping', 'pong'].map((workflow) => platform.client.runs.search({ workflow, status: 'succeeded' })),
    )
  )
    .flatMap(({ items }) => items)
    .map(({ depth }) => depth);
  expect(depths.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it('a thousand children of one parent are one deep', async () => {
  await platform.publish('child', { guards: { depth: 1 }, do: [{ x: { set: 1 } }] });
  await platform.publish('parent', {
    do: [{ all: { scheduleOnList: { workflow: 'child', items: '=[1..1000]' } } }],
    return: '=all.listId',
  });
  const { result } = await platform.run('parent');
  await waitFor(async () => (await platform.client.lists.get(String(result))).status === 'succeeded', {
    timeoutMs: 20_000,
    describe: 'the list to end',
  });
  expect(await platform.client.lists.get(String(result))).toMatchObject({ succeeded: 1_000 });
  const depths = await platform.query('SELECT DISTINCT depth FROM nightshift.runs WHERE list_id = $1', [result]);
  expect(depths).toEqual([{ depth: 1 }]);
});

it('more starts within a minute than a workflow may have are held', async () => {
  await platform.publish('rare', { guards: { runsPerMinute: 3 }, do: [{ x: { set: 1 } }] });
  const runIds = await Promise.all(upTo(5).map(() => platform.start('rare')));
  const settled = await waitFor(
    async () => {
      const runs = await Promise.all(runIds.map((runId) => platform.client.runs.get(runId)));
      return runs.every(({ status }) => status === 'succeeded' || status === 'paused') ? runs : undefined;
    },
    { describe: 'all runs to be done or held' },
  );
  const paused = settled.filter(({ status }) => status === 'paused');
  // A minute of the clock may end between the starts.
  expect(paused.length).toBeLessThanOrEqual(2);
  const minutes = new Set(
    await Promise.all(
      settled.map(async ({ id }) => (await platform.client.runs.events(id))[1]!.at.slice(0, 'yyyy-mm-ddThh:mm'.length)),
    ),
  );
  if (minutes.size === 1) expect(paused).toHaveLength(2);
  for (const run of paused) {
    expect(run).toMatchObject({ heldBy: 'runsPerMinute' });
    await platform.client.runs.resume(run.id);
    expect(await platform.ended(run.id)).toMatchObject({ status: 'succeeded' });
  }
});

it('a chain that goes on for longer than it may is held', async () => {
  await platform.publish('lasting', {
    guards: { duration: { milliseconds: 400 } },
    do: [{ next: { schedule: { workflow: 'lasting', in: { milliseconds: 100 } } } }],
  });
  const chain = await platform.start('lasting');
  const run = await held(chain);
  expect(run).toMatchObject({ heldBy: 'duration' });
  const [, paused] = await platform.client.runs.events(run.id);
  expect(paused).toMatchObject({ type: 'RunPaused', data: { guard: { name: 'duration', limit: 400 } } });
});
