import type { RunView } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await platform.client.types.declare('ping', { count: { kind: 'integer' } });
  await platform.client.types.declare('pong', { count: { kind: 'integer' } });
});
afterAll(() => platform?.close());

const runsOf = async (...workflows: string[]): Promise<RunView[]> => {
  const pages = await Promise.all(workflows.map((workflow) => platform.client.runs.search({ workflow, limit: 200 })));
  const views = await Promise.all(pages.flatMap(({ items }) => items.map(({ id }) => platform.client.runs.get(id))));
  return views.toSorted((a, b) => a.depth - b.depth);
};

/** When a change of a type of its own, made last, has started its run, all changes before it have been handled. */
const handled = async (): Promise<void> => {
  const [{ n } = { n: '0' }] = await platform.query<{ n: string }>(
    `INSERT INTO public.marker (count) SELECT coalesce(max(count), 0) + 1 FROM public.marker RETURNING count AS n`,
  );
  await waitFor(async () => (await runsOf('on-marker')).length >= Number(n), { describe: 'the marker' });
};

beforeAll(async () => {
  await platform.client.types.declare('marker', { count: { kind: 'integer' } });
  await platform.publish('on-marker', { triggers: [{ change: 'marker' }], do: [{ nothing: { set: 1 } }] });
});

describe('two workflows that change what the other one watches', () => {
  const bump = (type: string, other: string, trigger: object = {}) => ({
    guards: { depth: 4 },
    triggers: [{ change: type, kinds: ['created'], ...trigger }],
    do: [{ next: { create: { type: other, fields: { count: '=trigger.now.count + 1' } } } }],
  });

  it('go on to the depth that they allow, where a run is held that says why', async () => {
    await platform.publish('on-ping', bump('ping', 'pong'));
    await platform.publish('on-pong', bump('pong', 'ping'));
    await platform.query('INSERT INTO public.ping (count) VALUES (1)');
    const runs = await waitFor(async () => {
      const found = await runsOf('on-ping', 'on-pong');
      return found.some(({ status }) => status === 'paused') ? found : undefined;
    });
    expect(runs.map(({ workflow, depth, status }) => [workflow, depth, status])).toEqual([
      ['on-ping', 0, 'succeeded'],
      ['on-pong', 1, 'succeeded'],
      ['on-ping', 2, 'succeeded'],
      ['on-pong', 3, 'succeeded'],
      ['on-ping', 4, 'succeeded'],
      ['on-pong', 5, 'paused'],
    ]);
    expect(runs.map(({ parentRunId }) => parentRunId)).toEqual([null, ...runs.slice(0, -1).map(({ id }) => id)]);
    const held = await platform.client.runs.events(runs.at(-1)!.id);
    expect(held.at(-1)).toMatchObject({ type: 'RunPaused', data: { guard: { name: 'depth', limit: 4, value: 5 } } });
    const [{ pings } = { pings: 0 }] = await platform.query<{ pings: number }>(
      'SELECT count(*)::int AS pings FROM ping',
    );
    expect(pings).toBe(3);
  });

  it('stop at once where one of them takes no changes of runs', async () => {
    await platform.publish('on-ping', bump('ping', 'pong', { cascade: false }));
    await platform.publish('on-pong', bump('pong', 'ping'));
    const before = (await runsOf('on-ping', 'on-pong')).length;
    await platform.query('INSERT INTO public.ping (count) VALUES (100)');
    await waitFor(async () => (await runsOf('on-ping', 'on-pong')).length >= before + 2);
    await waitFor(async () => (await platform.query('SELECT FROM ping WHERE count = 102')).length === 1);
    await handled();
    expect((await runsOf('on-ping', 'on-pong')).length).toBe(before + 2);
  });
});

describe('a trigger', () => {
  it('that watches fields sees changes of them only', async () => {
    await platform.client.types.declare('member', { email: { kind: 'text' }, visits: { kind: 'integer' } });
    await platform.publish('new-address', {
      triggers: [{ change: 'member', fields: ['email'] }],
      do: [{ nothing: { set: 1 } }],
      return: '=trigger.now.email',
    });
    await platform.query(`INSERT INTO public.member (email, visits) VALUES ('a', 1)`);
    await platform.query(`UPDATE public.member SET visits = 2`);
    await platform.query(`UPDATE public.member SET visits = 3, email = 'b'`);
    await platform.query(`DELETE FROM public.member`);
    await handled();
    const runs = await runsOf('new-address');
    expect(await Promise.all(runs.map(({ id }) => platform.ended(id)))).toMatchObject([{ result: 'b' }]);
  });

  it('that looks at transactions sees once what each did to a thing, whatever came in between', async () => {
    await platform.client.types.declare('seat', { row: { kind: 'text' }, state: { kind: 'text' } });
    const seen = { kind: '=trigger.kind', before: '=trigger.before.state', now: '=trigger.now.state' };
    for (const per of ['change', 'transaction']) {
      await platform.publish(`seat-per-${per}`, {
        triggers: [{ change: 'seat', per }],
        do: [{ nothing: { set: 1 } }],
        return: seen,
      });
    }
    await platform.query(`INSERT INTO public.seat (row, state) VALUES ('a', 'free')`);
    await platform.query(`BEGIN;
      UPDATE public.seat SET state = 'asked' WHERE row = 'a';
      INSERT INTO public.seat (row, state) VALUES ('b', 'new');
      UPDATE public.seat SET state = 'taken' WHERE row = 'a';
      UPDATE public.seat SET state = 'free' WHERE row = 'b';
      INSERT INTO public.seat (row, state) VALUES ('c', 'gone'); DELETE FROM public.seat WHERE row = 'c';
      COMMIT`);
    await platform.query(`BEGIN; UPDATE public.seat SET state = 'x' WHERE row = 'a'; ROLLBACK`);
    await handled();
    const results = async (workflow: string): Promise<unknown[]> => {
      const runs = await runsOf(workflow);
      const ended = await Promise.all(runs.map(({ id }) => platform.ended(id)));
      return ended.map(({ result }) => JSON.stringify(result)).toSorted();
    };
    expect(await results('seat-per-transaction')).toEqual(
      [
        { kind: 'created', now: 'free' },
        { kind: 'changed', before: 'free', now: 'taken' },
        { kind: 'created', now: 'free' },
      ]
        .map((result) => JSON.stringify(result))
        .toSorted(),
    );
    expect(await results('seat-per-change')).toHaveLength(7);
  });

  it('that does not compile at save is refused with the place', async () => {
    const saving = platform.publish('wrong', {
      triggers: [{ change: 'ping', fields: ['cuont'] }],
      do: [{ a: { set: 1 } }],
    });
    await expect(saving).rejects.toMatchObject({
      code: 'workflow.invalid',
      problem: { errors: [{ pointer: '/triggers/0/fields/0', suggestion: 'count' }] },
    });
  });
});
