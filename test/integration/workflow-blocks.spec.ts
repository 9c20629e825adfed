import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { json, makeGate, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;

beforeAll(async () => {
  stub = await startHttpStub();
  platform = await openTestPlatform({ executors: 2, executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } } });
  await platform.client.types.declare('items', {
    name: { kind: 'text', required: true },
    price: { kind: 'integer', default: 0 },
  });
});
afterAll(async () => {
  await platform?.close();
  stub?.close();
});
beforeEach(() => platform.query('DELETE FROM items'));

/** Things that the test needs and that no workflow made. */
const insertItems = (count: number): Promise<object[]> =>
  platform.query(`INSERT INTO items (name, price) SELECT 'item ' || n, n FROM generate_series(1, $1) AS n`, [count]);

const count = async (condition = 'true'): Promise<number> =>
  (await platform.query(`SELECT FROM items WHERE ${condition}`)).length;

describe('a fork', () => {
  it('makes its calls side by side', async () => {
    const gate = makeGate(json('both are here'));
    stub.on('/meet/', gate.answer);
    await platform.publish('meeting', {
      do: [
        {
          both: {
            fork: {
              branches: {
                left: [{ a: { http: { url: `${stub.url}/meet/left` } } }, { l: { set: '="left: " & a.body' } }],
                right: [{ b: { http: { url: `${stub.url}/meet/right` } } }, { r: { set: '="right: " & b.body' } }],
              },
            },
          },
        },
      ],
      return: '=both',
    });
    const runId = await platform.start('meeting');
    await waitFor(() => gate.waiting() === 2, { describe: 'both calls at the same time' });
    gate.open();
    expect(await platform.ended(runId)).toMatchObject({
      status: 'succeeded',
      result: { left: 'left: both are here', right: 'right: both are here' },
    });
  });

  it('lets a branch wait for an event, and call a workflow, while another one is in a call, which is made once', async () => {
    const gate = makeGate(json('done'));
    stub.on('/beside', gate.answer);
    await platform.publish('beside', { do: [{ x: { set: 'called' } }], return: '=x' });
    await platform.publish('side-by-side', {
      do: [
        {
          all: {
            fork: {
              branches: {
                calling: [{ a: { http: { url: `${stub.url}/beside` } } }, { said: { set: '=a.body' } }],
                waiting: [{ b: { waitFor: { event: 'beside.done', key: '=run.id' } } }, { heard: { set: '=b.data' } }],
                asking: [{ c: { call: { workflow: 'beside' } } }],
              },
            },
          },
        },
      ],
      return: '=all',
    });
    const runId = await platform.start('side-by-side');
    await platform.happened(runId, ({ type, data }) => type === 'StepCompleted' && 'step' in data && data.step === 'c');
    for (let again = 0; again < 5; again++) {
      await platform.client.runs.pause(runId);
      await platform.client.runs.resume(runId);
    }
    await platform.client.sendEvent({ id: runId, source: 'tests', type: 'beside.done', subject: runId, data: 'heard' });
    await platform.happened(runId, ({ type, data }) => type === 'StepCompleted' && 'step' in data && data.step === 'b');
    gate.open();
    expect(await platform.ended(runId)).toMatchObject({
      status: 'succeeded',
      result: { calling: 'done', waiting: 'heard', asking: 'called' },
    });
    expect(stub.calls('/beside')).toHaveLength(1);
  });

  it('ends its other branch when one fails, and what was called is let go', async () => {
    stub.on('/stuck', () => {});
    stub.on('/refused', json('no', 400));
    await platform.publish('half', {
      do: [
        {
          both: {
            fork: {
              branches: {
                stuck: [{ a: { http: { url: `${stub.url}/stuck` } } }],
                refused: [{ before: { wait: { milliseconds: 50 } } }, { b: { http: { url: `${stub.url}/refused` } } }],
              },
            },
          },
        },
      ],
    });
    expect(await platform.run('half')).toMatchObject({ status: 'failed', problem: { status: 400, step: 'b' } });
    await waitFor(() => stub.calls('/stuck')[0]!.isAbandoned, { describe: 'the other call to be let go' });
  });
});

describe('a loop', () => {
  it('goes through a hundred and one items in their order, each once', async () => {
    await platform.publish('hundred', {
      do: [
        {
          made: {
            for: {
              in: '=[1..101]',
              each: 'number',
              at: 'place',
              do: [{ one: { create: { type: 'items', fields: { name: "='no ' & number", price: '=place' } } } }],
              return: '=one.price',
            },
          },
        },
      ],
      return: '=made',
    });
    const run = await platform.run('hundred');
    expect(run).toMatchObject({ status: 'succeeded', result: Array.from({ length: 101 }, (_, index) => index) });
    expect(await count()).toBe(101);
  });

  it('follows pages until there is none', async () => {
    stub.on('/pages', json({ items: ['a', 'b'], next: 'two' }));
    stub.on('/pages?cursor=two', json({ items: ['c'], next: 'three' }));
    stub.on('/pages?cursor=three', json({ items: [], next: null }));
    await platform.publish('paging', {
      do: [
        {
          pages: {
            for: {
              while: '$not($exists(previous)) or $exists(previous.next)',
              do: [{ page: { http: { url: `${stub.url}/pages`, query: { cursor: '=previous.next' } } } }],
              return: { next: '=page.body.next', items: '=page.body.items' },
            },
          },
        },
      ],
      return: '=$append([], pages.items)',
    });
    const run = await platform.run('paging');
    expect(run).toMatchObject({ status: 'succeeded', result: ['a', 'b', 'c'] });
    expect(stub.calls('/pages?cursor=three')).toHaveLength(1);
  });

  it('can hold a switch and another loop, and each step knows where it is', async () => {
    await platform.publish('nested', {
      do: [
        {
          orders: {
            for: {
              in: '=parameters.orders',
              each: 'order',
              do: [
                {
                  kind: {
                    switch: [
                      { large: { when: 'order.total > 100', do: [{ big: { set: 'large' } }] } },
                      { free: { when: 'order.total = 0', do: [{ none: { set: 'free' } }] } },
                      { usual: { do: [{ small: { set: 'usual' } }] } },
                    ],
                  },
                },
                {
                  lines: {
                    for: {
                      in: '=order.lines',
                      each: 'line',
                      do: [
                        {
                          made: { create: { type: 'items', fields: { name: "=order.id & '/' & line & '/' & kind" } } },
                        },
                      ],
                      return: '=made.name',
                    },
                  },
                },
              ],
              return: '=lines',
            },
          },
        },
      ],
      return: '=orders',
    });
    const run = await platform.run('nested', {
      orders: [
        { id: 'x', total: 500, lines: ['1', '2'] },
        { id: 'y', total: 0, lines: [] },
        { id: 'z', total: 7, lines: ['1'] },
      ],
    });
    expect(run).toMatchObject({ status: 'succeeded', result: [['x/1/large', 'x/2/large'], [], ['z/1/usual']] });
    const iterations = (await platform.client.runs.events(run.id)).flatMap(({ type, data }) =>
      type === 'StepCompleted' && 'step' in data && data.step === 'made' ? [data.iteration] : [],
    );
    expect(iterations).toEqual(['0.0', '0.1', '2.0']);
  });

  it('that has too many items says what to do', async () => {
    await platform.publish('too-long', {
      do: [{ all: { for: { in: '=[1..6]', limit: 5, do: [{ x: { set: 1 } }] } } }],
    });
    expect(await platform.run('too-long')).toMatchObject({
      status: 'failed',
      problem: { code: 'loop.too_long', detail: expect.stringContaining('scheduleOnList') },
    });
  });
});

describe('many things', () => {
  it('a hundred and one are copied, with what is to be different', async () => {
    await insertItems(101);
    await platform.publish('copying', {
      do: [{ again: { copy: { type: 'items', where: {}, fields: { name: 'a copy' } } } }],
      return: { copied: '=again.copied', ids: '=$count(again.ids)' },
    });
    const run = await platform.run('copying');
    expect(run).toMatchObject({ status: 'succeeded', result: { copied: 101, ids: 101 } });
    expect(await count()).toBe(202);
    expect(await count(`name = 'a copy' AND price BETWEEN 1 AND 101`)).toBe(101);
  });

  it('ten thousand are changed, all or none', async () => {
    await insertItems(10_000);
    await platform.publish('pricing', {
      do: [{ up: { changeList: { type: 'items', where: {}, increment: { price: '=parameters.by' } } } }],
      return: '=up.changed',
    });
    expect(await platform.run('pricing', { by: 1 })).toMatchObject({ status: 'succeeded', result: 10_000 });
    expect(await count('price BETWEEN 2 AND 10001')).toBe(10_000);

    await platform.query('ALTER TABLE items ADD CONSTRAINT cheap CHECK (price <= 10010)');
    const refused = await platform.run('pricing', { by: 10 });
    expect(refused).toMatchObject({ status: 'failed' });
    expect(await count('price BETWEEN 2 AND 10001')).toBe(10_000);
    await platform.query('ALTER TABLE items DROP CONSTRAINT cheap');
  });
});
