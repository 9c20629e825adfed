import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '@nightshift/testing';
import { json, makeGate, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type Executor, type TestPlatform, type TestPlatformOptions } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;
let executor: Executor;
let settings: NonNullable<TestPlatformOptions['executor']>;

beforeAll(async () => {
  stub = await startHttpStub();
  settings = { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } };
  platform = await openTestPlatform({ executors: 1, executor: settings });
  executor = await platform.openExecutor(settings);
  await platform.client.types.declare('counters', { n: { kind: 'integer', default: 0 } });
  await platform.client.types.declare('visits', { run: { kind: 'text' }, what: { kind: 'text' } });
});
afterAll(async () => {
  await platform?.close();
  stub?.close();
});
beforeEach(() => platform.query('DELETE FROM visits'));

const visit = (what: string) => ({ create: { type: 'visits', fields: { run: '=run.id', what } } });

/** What was noted in the lock, in the order in which it was written. */
const visits = (): Promise<{ run: string; what: string }[]> =>
  platform.query('SELECT run, what FROM visits ORDER BY "createdAt", what');

it('a thousand increments by a thousand runs are a thousand', async () => {
  const { id } = await platform.client.things.create('counters', {});
  await platform.publish('count', {
    do: [{ up: { change: { type: 'counters', id: '=parameters.counter', increment: { n: 1 } } } }],
  });
  const { listId } = await platform.client.lists.create('count', {
    items: Array.from({ length: 1_000 }, (_, n) => n),
    parameters: { counter: id },
  });
  await waitFor(async () => (await platform.client.lists.get(listId)).status === 'succeeded', {
    timeoutMs: 20_000,
    describe: 'the list to end',
  });
  expect(await platform.client.lists.get(listId)).toMatchObject({ total: 1_000, succeeded: 1_000, failed: 0 });
  expect(await platform.client.things.get('counters', String(id))).toMatchObject({ n: 1_000 });
});

describe('a lock', () => {
  const exclusive = {
    do: [
      {
        alone: {
          lock: {
            name: '="account " & parameters.account',
            lease: { seconds: 10 },
            do: [{ enter: visit('enter') }, { pause: { wait: { milliseconds: 10 } } }, { leave: visit('leave') }],
          },
        },
      },
    ],
  };

  it('is never held by two runs', async () => {
    await platform.publish('exclusive', exclusive);
    const runIds = await Promise.all(Array.from({ length: 20 }, () => platform.start('exclusive', { account: 'a' })));
    for (const runId of runIds) expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded' });
    const rows = await visits();
    expect(rows).toHaveLength(40);
    for (let turn = 0; turn < 40; turn += 2)
      expect(rows.slice(turn, turn + 2)).toEqual([
        { run: rows[turn]!.run, what: 'enter' },
        { run: rows[turn]!.run, what: 'leave' },
      ]);
  });

  it('of another name is not waited for', async () => {
    const gate = makeGate(json('go'));
    stub.on('/together', gate.answer);
    await platform.publish('by-name', {
      do: [
        { alone: { lock: { name: '=parameters.name', do: [{ meet: { http: { url: `${stub.url}/together` } } }] } } },
      ],
    });
    const runIds = [await platform.start('by-name', { name: 'x' }), await platform.start('by-name', { name: 'y' })];
    await waitFor(() => gate.waiting() === 2, { describe: 'both runs in their locks' });
    gate.open();
    for (const runId of runIds) expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded' });
  });

  it('that is not free within its wait fails the step', async () => {
    const gate = makeGate(json('go'));
    stub.on('/occupied', gate.answer);
    await platform.publish('impatient', {
      do: [
        {
          alone: {
            lock: {
              name: 'occupied',
              wait: { milliseconds: 300 },
              do: [{ ask: { http: { url: `${stub.url}/occupied` } } }],
            },
          },
        },
      ],
    });
    const first = await platform.start('impatient');
    await waitFor(() => gate.waiting() === 1, { describe: 'the first in the lock' });
    expect(await platform.run('impatient')).toMatchObject({ status: 'failed', problem: { code: 'lock.timeout' } });
    gate.open();
    expect(await platform.ended(first)).toMatchObject({ status: 'succeeded' });
  });

  it('goes to the next run when its holder is not heard of for its lease, and the holder fails when it is back', async () => {
    const gate = makeGate(json('go'));
    stub.on('/held', gate.answer);
    await platform.publish('held', {
      do: [
        {
          alone: {
            lock: {
              name: 'held',
              lease: { seconds: 1 },
              do: [
                { enter: visit('enter') },
                { ask: { if: 'parameters.slow', http: { url: `${stub.url}/held` } } },
                { leave: visit('leave') },
              ],
            },
          },
        },
      ],
    });
    const holder = await platform.start('held', { slow: true });
    await waitFor(() => gate.waiting() > 0, { describe: 'the holder in the lock' });
    await platform.client.runs.pause(holder);
    const next = await platform.start('held', { slow: false });
    // A paused run whose step goes on is still heard of; it is not when the step is done.
    gate.open();
    expect(await platform.ended(next)).toMatchObject({ status: 'succeeded' });
    await platform.client.runs.resume(holder);
    expect(await platform.ended(holder)).toMatchObject({ status: 'failed', problem: { code: 'lock.lost' } });
    expect((await visits()).map(({ run, what }) => `${run} ${what}`)).toEqual([
      `${holder} enter`,
      `${next} enter`,
      `${next} leave`,
    ]);
  });
});

describe('the death of a holder', () => {
  it('costs it the lock after the lease, or nothing if it is quicker to go on; never do two hold it', async () => {
    const gate = makeGate(json('go'));
    stub.on('/dying', gate.answer);
    await platform.publish('dying', {
      do: [
        {
          alone: {
            lock: {
              name: 'dying',
              lease: { milliseconds: 1_500 },
              do: [
                { enter: visit('enter') },
                { ask: { http: { url: `${stub.url}/dying` } } },
                { leave: visit('leave') },
              ],
            },
          },
        },
      ],
    });
    const runIds: string[] = [];
    for (let count = 0; count < 6; count++) runIds.push(await platform.start('dying'));
    await waitFor(() => gate.waiting() > 0, { describe: 'a holder in the lock' });
    executor.cut();
    const opening = setInterval(gate.open, 100);
    try {
      const runs = await Promise.all(runIds.map((runId) => platform.ended(runId)));
      const failed = runs.filter(({ status }) => status === 'failed');
      expect(failed.length).toBeLessThanOrEqual(1);
      for (const run of failed) expect(run).toMatchObject({ problem: { code: 'lock.lost' } });
      const rows = await visits();
      const left = rows.filter(({ run, what }) => what === 'leave' && runIds.includes(run)).map(({ run }) => run);
      expect(left.toSorted()).toEqual(runs.flatMap(({ id, status }) => (status === 'succeeded' ? id : [])).toSorted());
      // Whoever left had entered last: nobody was in between.
      for (const [at, { run, what }] of rows.entries())
        if (what === 'leave') expect(rows[at - 1]).toEqual({ run, what: 'enter' });
    } finally {
      clearInterval(opening);
      executor.mend();
    }
  });
});
