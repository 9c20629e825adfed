import { isFinal, type RunView } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 2, schedulers: 2 });
});
afterAll(() => platform?.close());

const work = { do: [{ work: { wait: { milliseconds: 30 } } }], return: '=parameters' };

const allEnded = async (workflow: string, count: number, timeoutMs = 30_000): Promise<RunView[]> => {
  const runs: RunView[] = [];
  await waitFor(
    async () => {
      runs.length = 0;
      let cursor: string | undefined;
      do {
        const page = await platform.client.runs.search({ workflow, limit: 1000, ...(cursor && { cursor }) });
        runs.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      return runs.length >= count && runs.every(({ status }) => isFinal(status));
    },
    { timeoutMs, describe: `${count} runs of ${workflow} to end` },
  );
  return runs.sort((one, other) => (one.id < other.id ? -1 : 1));
};

const startMs = ({ startedAt }: RunView): number => Date.parse(startedAt!);

/** The most of the runs that were under way at once. */
const mostAtOnce = (runs: readonly RunView[]): number => {
  const moves = runs
    .filter(({ startedAt }) => startedAt !== null)
    .flatMap((run) => [
      { at: startMs(run), by: 1 },
      { at: Date.parse(run.finishedAt!), by: -1 },
    ])
    .sort((one, other) => one.at - other.at || one.by - other.by);
  let [now, most] = [0, 0];
  for (const { by } of moves) most = Math.max(most, (now += by));
  return most;
};

describe('concurrency', () => {
  it('by key is never exceeded, keeps the order within each key, and lets every key have its turn', async () => {
    await platform.publish('by-key', { flow: { key: '=parameters.customer', concurrency: { perKey: 2 } }, ...work });
    const requested: string[] = [];
    for (let index = 0; index < 60; index++) {
      requested.push(await platform.start('by-key', { customer: `c${index % 4}`, index }));
    }
    const runs = await allEnded('by-key', 60);
    expect(runs.every(({ status }) => status === 'succeeded')).toBe(true);
    for (let customer = 0; customer < 4; customer++) {
      const ids = requested.filter((_, index) => index % 4 === customer);
      const own = ids.map((id) => runs.find((run) => run.id === id)!);
      expect(mostAtOnce(own)).toBeLessThanOrEqual(2);
      const starts = own.map(startMs);
      expect(starts).toEqual([...starts].sort((one, other) => one - other));
    }
    const left = await platform.query('SELECT FROM nightshift.flow_runs WHERE workflow = $1', ['by-key']);
    await waitFor(
      async () =>
        left.length === 0 ||
        (await platform.query('SELECT FROM nightshift.flow_runs WHERE workflow = $1', ['by-key'])).length === 0,
    );
  });

  it('of the whole is changed while it holds, and whoever waits is told why', async () => {
    await platform.publish('gate', {
      flow: { concurrency: { limit: 1 } },
      do: [{ go: { waitFor: { event: 'go', key: '=run.id' } } }],
    });
    const [first, second, third] = [
      await platform.start('gate'),
      await platform.start('gate'),
      await platform.start('gate'),
    ];
    await platform.happened(first!, ({ type }) => type === 'WaitStarted');
    const isTold = await waitFor(async () => {
      const { status, waitingFor } = await platform.client.runs.get(third!);
      return status === 'queued' && waitingFor?.[0]?.for === 'concurrency' && waitingFor[0].ahead === 1;
    });
    expect(isTold).toBe(true);
    expect(await platform.client.flows.get('gate')).toMatchObject({ waiting: 2, underWay: 1 });
    await platform.client.flows.put('gate', { concurrency: { limit: 2 } });
    await platform.happened(second!, ({ type }) => type === 'WaitStarted');
    expect(await platform.client.runs.get(third!)).toMatchObject({ status: 'queued', startedAt: null });
    // A run that is cancelled while it waits leaves its place; one under way leaves room.
    await platform.client.runs.cancel(first!);
    await platform.happened(third!, ({ type }) => type === 'WaitStarted');
    const fourth = await platform.start('gate');
    await platform.client.runs.cancel(fourth);
    expect(await platform.ended(fourth)).toMatchObject({ status: 'cancelled', startedAt: null });
    await platform.client.flows.delete('gate');
    const fifth = await platform.start('gate');
    await platform.happened(fifth, ({ type }) => type === 'WaitStarted');
    await platform.client.runs.cancelMany({ where: { workflow: 'gate' } });
    await allEnded('gate', 5);
  });

  it('counts a failed run that is retried anew, and runs of lists, schedules and other runs', async () => {
    await platform.publish('flaky', {
      flow: { concurrency: { limit: 1 } },
      do: [
        { fail: { if: 'parameters.fails', raise: { type: 'test.told', title: 'as told', status: 400 } } },
        { rest: { wait: { milliseconds: 20 } } },
      ],
    });
    await platform.publish('starter', { do: [{ child: { call: { workflow: 'flaky' } } }] });
    const failing = await platform.run('flaky', { fails: true });
    expect(failing.status).toBe('failed');
    const { listId } = await platform.client.lists.create('flaky', { items: [1, 2, 3, 4, 5] });
    await platform.client.runs.retry(failing.id, { parameters: { fails: false } });
    const starter = await platform.start('starter');
    await platform.client.schedules.create('flaky', { in: { milliseconds: 50 } });
    const runs = await allEnded('flaky', 8);
    expect((await platform.ended(starter)).status).toBe('succeeded');
    expect(runs.every(({ status }) => status === 'succeeded')).toBe(true);
    expect(mostAtOnce(runs.filter(({ id }) => id !== failing.id))).toBe(1);
    expect(await platform.client.lists.get(listId)).toMatchObject({ succeeded: 5 });
    expect((await platform.story(failing.id)).filter((type) => type === 'RunAdmitted')).toHaveLength(2);
  });
});

describe('a rate', () => {
  it('is kept to in any window, and no start is lost', async () => {
    await platform.publish('rated', {
      flow: { rate: { limit: 5, per: { milliseconds: 300 } } },
      do: [{ x: { set: 1 } }],
    });
    await platform.client.lists.create('rated', { items: Array.from({ length: 23 }, (_, index) => index) });
    const starts = (await allEnded('rated', 23)).map(startMs).sort((one, other) => one - other);
    for (let index = 5; index < starts.length; index++)
      expect(starts[index]! - starts[index - 5]!).toBeGreaterThanOrEqual(300);
  });

  it('by key spaces the starts of each, and cancels those in excess if told', async () => {
    await platform.publish('spread', {
      flow: { key: 'parameters.k', rate: { perKey: 2, per: { milliseconds: 300 }, spread: true } },
      do: [{ x: { set: 1 } }],
    });
    for (let index = 0; index < 8; index++) await platform.start('spread', { k: index % 2 });
    const runs = await allEnded('spread', 8);
    for (const own of [runs.filter((_, index) => index % 2 === 0), runs.filter((_, index) => index % 2 === 1)]) {
      const starts = own.map(startMs);
      for (let index = 1; index < starts.length; index++)
        expect(starts[index]! - starts[index - 1]!).toBeGreaterThanOrEqual(150);
    }
    await platform.publish('dropped', {
      flow: { rate: { limit: 2, per: { minutes: 5 }, excess: 'cancel' } },
      do: [{ x: { set: 1 } }],
    });
    for (let index = 0; index < 5; index++) await platform.start('dropped');
    const kept = await allEnded('dropped', 5);
    expect(kept.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'cancelled', 'cancelled', 'cancelled']);
  });
});

it('who is more important goes first', async () => {
  await platform.publish('ranked', {
    flow: { concurrency: { limit: 1 }, priority: '=parameters.vip ? 600 : 0' },
    do: [{ work: { wait: { milliseconds: 20 } } }],
  });
  await platform.client.flows.pause('ranked');
  const plain = [await platform.start('ranked'), await platform.start('ranked')];
  const vip = await platform.start('ranked', { vip: true });
  await platform.client.flows.resume('ranked');
  const runs = await allEnded('ranked', 3);
  const order = [...runs].sort((one, other) => startMs(one) - startMs(other)).map(({ id }) => id);
  expect(order).toEqual([vip, ...plain]);
});

describe('a debounce', () => {
  it('runs the last of several starts, once none has come for its period', async () => {
    await platform.publish('settled', {
      flow: { key: 'parameters.doc', debounce: { period: { milliseconds: 400 } } },
      do: [{ x: { set: 1 } }],
      return: '=parameters.n',
    });
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await platform.start('settled', { doc: 'a', n }));
    const other = await platform.start('settled', { doc: 'b', n: 100 });
    const runs = await allEnded('settled', 6);
    expect(runs.filter(({ status }) => status === 'cancelled').map(({ id }) => id)).toEqual(ids.slice(0, 4));
    expect(await platform.client.runs.get(ids[4]!)).toMatchObject({ status: 'succeeded', result: 4 });
    expect(await platform.client.runs.get(other)).toMatchObject({ status: 'succeeded', result: 100 });
  });
});

describe('a batch', () => {
  it('gathers starts into one run, and each ends as that does', async () => {
    await platform.publish('gathered', {
      flow: { batch: { size: 4, within: { milliseconds: 400 } } },
      do: [{ fail: { if: '99 in batch.n', raise: { type: 'test.told', title: 'as told', status: 400 } } }],
      return: '=batch.n',
    });
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) ids.push(await platform.start('gathered', { n }));
    const late = [await platform.start('gathered', { n: 98 }), await platform.start('gathered', { n: 99 })];
    const ends = await Promise.all(ids.map((id) => platform.ended(id)));
    expect(ends.map(({ result }) => result)).toEqual(ids.map(() => [0, 1, 2, 3]));
    for (const id of late)
      expect(await platform.ended(id)).toMatchObject({ status: 'failed', problem: { title: 'as told' } });
    const runs = await allEnded('gathered', 8);
    expect(runs.filter(({ cause }) => cause.kind === 'batch')).toHaveLength(2);
  });
});

describe('a pause', () => {
  it('of everything lets nothing start, and loses nothing', async () => {
    await platform.publish('paused-too', { do: [{ x: { set: 1 } }] });
    await platform.client.flows.pauseAll({ reason: 'maintenance' });
    const now = await platform.start('paused-too');
    const { runId: later } = await platform.client.schedules.create('paused-too', { in: { milliseconds: 10 } });
    await platform.happened(later, ({ type }) => type === 'AdmissionAwaited');
    expect(await platform.client.runs.get(now)).toMatchObject({
      status: 'queued',
      waitingFor: [{ for: 'hold', detail: 'Everything is paused: maintenance' }],
    });
    expect(await platform.client.flows.holds()).toMatchObject([{ scope: 'everything', reason: 'maintenance' }]);
    await platform.client.flows.resumeAll();
    expect((await platform.ended(now)).status).toBe('succeeded');
    expect((await platform.ended(later)).status).toBe('succeeded');
    await expect(platform.client.flows.resumeAll()).rejects.toMatchObject({ code: 'hold.not_found' });
  });

  it('of a workflow under load holds for every start after the answer', async () => {
    await platform.publish('loaded', { do: [{ x: { set: 1 } }] });
    const { listId, total } = await platform.client.lists.create('loaded', {
      items: Array.from({ length: 400 }, (_, index) => index),
    });
    await waitFor(async () => (await platform.client.lists.get(listId)).succeeded > 20);
    await platform.client.flows.pause('loaded');
    const answeredAt = Date.now();
    const [startedAfter] = await platform.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM nightshift.runs WHERE workflow = 'loaded' AND started_at > $1`,
      [new Date(answeredAt)],
    );
    expect(startedAfter!.count).toBe(0);
    await platform.client.flows.resume('loaded');
    const runs = await allEnded('loaded', total);
    expect(runs).toHaveLength(total);
    expect(runs.every(({ status }) => status === 'succeeded')).toBe(true);
  });

  it('of a chain lets its cycle end, and the next one wait', async () => {
    await platform.publish('cycling', {
      do: [
        { tick: { wait: { milliseconds: 30 } } },
        { next: { if: 'run.iteration < 6', schedule: { workflow: 'cycling' } } },
      ],
    });
    const chain = await platform.start('cycling');
    await waitFor(async () => (await platform.client.runs.search({ chain })).items.length >= 2);
    expect(await platform.client.chains.pause(chain)).toMatchObject({ scope: 'chain', chainId: chain });
    const held = await waitFor(async () => {
      const { items } = await platform.client.runs.search({ chain });
      return items.every(({ status, startedAt }) => isFinal(status) || startedAt === null) ? items[0] : undefined;
    });
    expect(await platform.client.runs.get(held.id)).toMatchObject({ status: 'queued', waitingFor: [{ for: 'hold' }] });
    await platform.client.chains.resume(chain);
    await waitFor(async () => {
      const { items } = await platform.client.runs.search({ chain });
      return items.length === 6 && items.every(({ status }) => status === 'succeeded');
    });
  });
});

it('what is wrong with a flow is named', async () => {
  await platform.publish('plain', { do: [{ x: { set: 1 } }] });
  await expect(platform.client.flows.put('plain', { concurrency: { perKey: 1 } })).rejects.toMatchObject({
    code: 'flow.invalid',
    problem: { errors: [{ pointer: '/concurrency/perKey' }] },
  });
  await expect(
    platform.client.workflows.save('wrong', {
      workflow: 'wrong',
      flow: { key: '=parameter.x' },
      do: [{ x: { set: 1 } }],
    }),
  ).rejects.toMatchObject({ problem: { errors: [{ pointer: '/flow/key', suggestion: 'parameters' }] } });
  await platform.publish('unplaced', { flow: { key: '=$error("no key")' }, do: [{ x: { set: 1 } }] });
  expect(await platform.run('unplaced')).toMatchObject({ status: 'failed', problem: { code: 'expression.failed' } });
});
