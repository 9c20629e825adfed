import { isFinal, type ListInfo, type ListItem } from '@nightshift/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateList } from '@nightshift/client';
import { waitFor, workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ schedulers: 2 });
  await platform.client.types.declare('marks', { what: { kind: 'text', required: true } });
  await platform.publish('quick', { do: [{ a: { set: 1 } }] });
  await platform.publish('short', { do: [{ pause: { wait: { milliseconds: 30 } } }] });
  await platform.publish('gated', { do: [{ go: { waitFor: { event: 'go', key: '=run.id' } } }] });
  // Fails until there is a mark for the item.
  await platform.publish('needs-mark', {
    do: [
      { found: { search: { type: 'marks', where: { what: '=$string(item)' } } } },
      {
        fail: {
          if: '$count(found.items) = 0 and item > 0',
          raise: { type: 'mark.missing', title: 'There is no mark' },
        },
      },
    ],
  });
  await platform.publish('told', { do: [{ a: { set: 1 } }] });
  await platform.publish('done', { do: [{ a: { set: 1 } }] });
}, 60_000);
afterAll(() => platform?.close());

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const create = async (workflow: string, list: CreateList): Promise<string> =>
  (await platform.client.lists.create(workflow, list)).listId;

const settled = (listId: string, timeoutMs = 20_000): Promise<ListInfo> =>
  waitFor(
    async () => {
      const list = await platform.client.lists.get(listId);
      return isFinal(list.status) && list.inFlight === 0 && list.finishedAt !== null ? list : undefined;
    },
    { timeoutMs, describe: `list ${listId} to end` },
  );

const list = (listId: string, fits: (info: ListInfo) => boolean): Promise<ListInfo> =>
  waitFor(
    async () => {
      const info = await platform.client.lists.get(listId);
      return fits(info) ? info : undefined;
    },
    { describe: `list ${listId}` },
  );

const itemsOf = async (listId: string): Promise<ListItem[]> =>
  (await platform.client.lists.items(listId, { limit: 1000 })).items;

/** When each item's run was requested, started and ended, in order of the index. */
const timesOf = (listId: string): Promise<{ requested: Date; started: Date; finished: Date }[]> =>
  platform.query(
    `SELECT requested_at AS requested, started_at AS started, finished_at AS finished
     FROM nightshift.runs WHERE list_id = $1 ORDER BY id`,
    [listId],
  );

/** The runs that the list started for itself, as what they were told. */
const hookRuns = async (kind: string, listId: string): Promise<Record<string, unknown>[]> => {
  const rows = await platform.query<{ parameters: Record<string, unknown> }>(
    `SELECT e.data -> 'parameters' AS parameters FROM nightshift.runs r
     JOIN nightshift.run_events e ON e.run_id = r.id AND e.version = 1
     WHERE r.cause ->> 'kind' = $1 AND r.cause ->> 'listId' = $2 ORDER BY r.requested_at, r.id`,
    [kind, listId],
  );
  return rows.map(({ parameters }) => parameters);
};

const letGo = (runId: string): Promise<unknown> =>
  platform.client.sendEvent({ id: `go-${runId}`, source: 'test', type: 'go', subject: runId });

describe('the order of a list', () => {
  it('sequential: an item starts only after the one before it has ended', async () => {
    const listId = await create('short', { items: numbers(15), order: 'sequential' });
    await settled(listId);
    const times = await timesOf(listId);
    expect(times).toHaveLength(15);
    times.slice(1).forEach(({ started }, index) => expect(started >= times[index]!.finished).toBe(true));
  });

  it('byKey: items of a key one after the other, in order, others side by side', async () => {
    const items = numbers(60).map((n) => ({ customer: `c${n % 7}`, n }));
    const listId = await create('short', { items, order: 'byKey', key: '=item.customer', concurrency: 5 });
    await platform.client.lists.skipItem(listId, 57);
    expect(await settled(listId)).toMatchObject({ succeeded: 59, skipped: 1, done: 60 });
    const rows = await platform.query<{ key: string; n: number; started: Date; finished: Date }>(
      `SELECT e.data -> 'item' ->> 'customer' AS key, (e.data -> 'item' ->> 'n')::int AS n, started_at AS started, finished_at AS finished
       FROM nightshift.runs r JOIN nightshift.run_events e ON e.run_id = r.id AND e.version = 1
       WHERE r.list_id = $1 ORDER BY r.id`,
      [listId],
    );
    for (const key of new Set(rows.map((row) => row.key))) {
      const own = rows.filter((row) => row.key === key);
      own.slice(1).forEach(({ started }, index) => expect(started >= own[index]!.finished).toBe(true));
    }
    const overlaps = rows.some((one) =>
      rows.some((other) => one !== other && one.started > other.started && one.started < other.finished),
    );
    expect(overlaps).toBe(true);
    const most = Math.max(
      ...rows.map(({ started }) => rows.filter((row) => row.started <= started && row.finished > started).length),
    );
    expect(most).toBeLessThanOrEqual(5);
  });

  it('byKey from a step', async () => {
    await platform.publish('starter', {
      do: [
        {
          all: {
            scheduleOnList: {
              workflow: 'short',
              items: '=[1..12]',
              order: 'byKey',
              key: 'item % 3',
              failurePolicy: 'stop',
              onProgress: { workflow: 'told', everyItems: 5 },
              onItemFailed: 'told',
            },
          },
        },
      ],
      return: '=all.listId',
    });
    const { result } = await platform.run('starter');
    expect(await settled(String(result))).toMatchObject({
      succeeded: 12,
      settings: { order: 'byKey', key: 'item % 3', failurePolicy: 'stop', onItemFailed: 'told' },
    });
    const times = await timesOf(String(result));
    times.slice(3).forEach(({ started }, index) => expect(started >= times[index]!.finished).toBe(true));
  });

  it('refuses a key that is none, and an item without one, and leaves nothing', async () => {
    const before = await platform.query('SELECT id FROM nightshift.lists');
    const wrong = (settings: CreateList) => expect(platform.client.lists.create('quick', settings)).rejects;
    await wrong({ items: [1], order: 'byKey', key: '=user.id' }).toMatchObject({ code: 'request.invalid' });
    await wrong({ items: [1], order: 'byKey' }).toMatchObject({ code: 'request.invalid' });
    await wrong({ items: [{ a: 1 }, {}], order: 'byKey', key: '=item.a' }).toMatchObject({ code: 'expression.failed' });
    await wrong({ items: [1], interval: 'PT1S', gap: 'PT1S' }).toMatchObject({ code: 'request.invalid' });
    expect(await platform.query('SELECT id FROM nightshift.lists')).toHaveLength(before.length);
  });
});

describe('the pace of a list', () => {
  it('gap: so long after an item has ended', async () => {
    const listId = await create('short', { items: numbers(5), gap: { milliseconds: 150 } });
    await settled(listId);
    const times = await timesOf(listId);
    times
      .slice(1)
      .forEach(({ requested }, index) =>
        expect(requested.getTime() - times[index]!.finished.getTime()).toBeGreaterThanOrEqual(150),
      );
  });

  it('rate, uploaded with the members of the rate in the query: never more in any stretch', async () => {
    async function* items(): AsyncGenerator<number> {
      yield* numbers(25);
    }
    const listId = await create('quick', { items: items(), rate: { limit: 5, per: { milliseconds: 400 } } });
    expect((await platform.client.lists.get(listId)).settings.rate).toEqual({ limit: 5, per: { milliseconds: 400 } });
    await settled(listId);
    const times = await timesOf(listId);
    times
      .slice(5)
      .forEach(({ requested }, index) =>
        expect(requested.getTime() - times[index]!.requested.getTime()).toBeGreaterThanOrEqual(400),
      );
  });

  it('can be changed on the way', async () => {
    const listId = await create('quick', { items: numbers(10), interval: { hours: 1 } });
    await list(listId, ({ succeeded }) => succeeded === 1);
    const changed = await platform.client.lists.change(listId, { interval: 'PT0S', concurrency: 3 });
    expect(changed.settings).toMatchObject({ concurrency: 3 });
    expect(changed.settings).not.toHaveProperty('interval');
    expect(await settled(listId)).toMatchObject({ succeeded: 10 });
    await expect(platform.client.lists.change(listId, { concurrency: 1 })).rejects.toMatchObject({
      code: 'list.ended',
    });
  });
});

describe('a list of which items fail', () => {
  it('stops at the first failure, says why, and completes with that', async () => {
    const listId = await create('needs-mark', {
      items: numbers(50),
      concurrency: 1,
      failurePolicy: 'stop',
      onComplete: 'done',
    });
    const ended = await settled(listId);
    expect(ended).toMatchObject({ status: 'failed', succeeded: 1, failed: 1, dropped: 48, done: 50 });
    expect(ended.message).toContain('1 of 50 items failed');
    expect(await platform.client.progress(listId)).toMatchObject({
      status: 'failed',
      done: 50,
      cancelled: 48,
      message: ended.message,
    });
    expect(await hookRuns('listCompleted', listId)).toEqual([
      { listId, status: 'failed', total: 50, succeeded: 1, failed: 1, skipped: 0, cancelled: 48 },
    ]);
    expect((await platform.client.lists.items(listId, { status: 'cancelled', limit: 1000 })).items).toHaveLength(48);
  });

  it('stops above a share of failures', async () => {
    const listId = await create('needs-mark', {
      items: numbers(40),
      concurrency: 1,
      failurePolicy: { stopAbovePercent: 10 },
    });
    expect(await settled(listId)).toMatchObject({ status: 'failed', failed: 5 });
  });

  it('tells of each failure once, retries at the failed step, and completes once', async () => {
    const listId = await create('needs-mark', {
      items: numbers(6),
      onComplete: 'done',
      onItemFailed: 'told',
      onProgress: { workflow: 'told', everyItems: 2 },
    });
    await settled(listId);
    const told = await hookRuns('listItemFailed', listId);
    expect(told.map(({ index }) => index).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(told.find(({ index }) => index === 1)).toMatchObject({
      listId,
      item: 1,
      problem: { title: 'There is no mark' },
    });
    const steps = (await hookRuns('listProgress', listId)).map(({ done }) => Number(done));
    expect(steps.length).toBeLessThanOrEqual(2);
    expect(new Set(steps.map((done) => Math.floor(done / 2))).size).toBe(steps.length);

    const csv = await platform.client.lists.failuresCsv(listId);
    const lines = csv.split('\r\n');
    expect(lines[0]).toBe('index,runId,item,code,type,title,detail,failedStep,attempts');
    expect(lines.slice(1, -1)).toHaveLength(5);
    expect(lines[1]).toMatch(/^1,[0-9a-f-]{36},1,.*There is no mark.*,fail,1$/);

    for (const n of [1, 2, 3]) await platform.client.things.create('marks', { what: String(n) });
    // The search is done; only what failed is done again, and it still finds nothing.
    const done = (await platform.client.lists.get(listId)).done;
    expect(await platform.client.lists.retryFailed(listId)).toMatchObject({ changed: 5 });
    expect((await platform.client.lists.get(listId)).done).toBeGreaterThanOrEqual(done);
    await list(listId, ({ retrying, finishedAt }) => retrying === 0 && finishedAt !== null);
    expect(await platform.client.lists.get(listId)).toMatchObject({
      status: 'succeeded',
      succeeded: 1,
      failed: 5,
      done: 6,
    });
    const items = (await platform.client.lists.items(listId, { status: 'failed' })).items;
    expect(items).toMatchObject(
      numbers(5).map((n) => ({ index: n + 1, item: n + 1, attempts: 2, error: { title: 'There is no mark' } })),
    );
    expect(await hookRuns('listItemFailed', listId)).toHaveLength(10);
    expect(await hookRuns('listCompleted', listId)).toHaveLength(1);
  });
});

describe('a paused list', () => {
  it('starts nothing, also not what was handed out, and goes on without loss or repetition', async () => {
    const listId = await create('quick', { items: numbers(20_000), onComplete: 'done' });
    await list(listId, ({ succeeded }) => succeeded > 0);
    expect(await platform.client.lists.pause(listId)).toMatchObject({ status: 'paused' });
    const startedIds = async (): Promise<number> =>
      (await platform.query('SELECT id FROM nightshift.runs WHERE list_id = $1 AND started_at IS NOT NULL', [listId]))
        .length;
    const before = await startedIds();
    const { inFlight } = await list(listId, (info) => info.succeeded === before);
    expect(await platform.client.lists.pause(listId)).toMatchObject({ status: 'paused', inFlight });
    expect(before).toBeLessThan(20_000);
    expect(await platform.client.progress(listId)).toMatchObject({ status: 'paused', done: before });

    await platform.client.lists.resume(listId);
    expect(await settled(listId, 60_000)).toMatchObject({ status: 'succeeded', succeeded: 20_000 });
    expect(await hookRuns('listCompleted', listId)).toHaveLength(1);
    await expect(platform.client.lists.resume(listId)).rejects.toMatchObject({ code: 'list.ended' });
  }, 90_000);

  it('holds items under way if it is asked to, and lets go only of those that it held', async () => {
    const listId = await create('gated', { items: numbers(3) });
    const runIds = await waitFor(async () => {
      const items = (await platform.client.lists.items(listId, { status: 'waiting' })).items;
      return items.length === 3 ? items.map(({ runId }) => runId!) : undefined;
    });
    await platform.client.runs.pause(runIds[0]!);
    expect(await platform.client.lists.pause(listId, { inFlight: 'pause' })).toMatchObject({ inFlight: 3 });
    expect((await itemsOf(listId)).map(({ status }) => status)).toEqual(['paused', 'paused', 'paused']);
    expect(await platform.client.runs.get(runIds[1]!)).toMatchObject({ heldBy: 'list' });
    await platform.client.lists.resume(listId);
    expect((await itemsOf(listId))[0]).toMatchObject({ status: 'paused' });
    await platform.client.runs.resume(runIds[0]!);
    await Promise.all(runIds.map(letGo));
    expect(await settled(listId)).toMatchObject({ succeeded: 3 });
  });
});

describe('items of a list', () => {
  it('can be taken out before they start, and not afterwards', async () => {
    const listId = await create('gated', { items: numbers(6), concurrency: 2 });
    await list(listId, ({ handedOut }) => handedOut === 2);
    const { client } = platform;
    expect(await client.lists.skipItem(listId, 3)).toMatchObject({ skipped: 1, done: 1 });
    expect(await client.lists.skipItem(listId, 3)).toMatchObject({ skipped: 1, done: 1 });
    await waitFor(async () => (await client.lists.items(listId, { status: 'waiting' })).items.length === 2);
    await expect(client.lists.skipItem(listId, 0)).rejects.toMatchObject({ code: 'list.item_started' });
    await expect(client.lists.skipItem(listId, 6)).rejects.toMatchObject({ code: 'list.item_not_found' });
    expect((await client.lists.items(listId, { status: 'pending' })).items.map(({ index }) => index)).toEqual([
      2, 4, 5,
    ]);
    const ended = new Set<string>();
    await waitFor(async () => {
      for (const { runId } of (await client.lists.items(listId, { status: 'waiting' })).items) {
        if (!ended.has(runId!)) await letGo(runId!);
        ended.add(runId!);
      }
      return (await client.lists.get(listId)).finishedAt !== null;
    });
    expect(await client.lists.get(listId)).toMatchObject({ status: 'succeeded', succeeded: 5, skipped: 1, done: 6 });
    expect((await client.lists.items(listId, { status: 'skipped' })).items).toMatchObject([{ index: 3, runId: null }]);
    const first = await client.lists.items(listId, { limit: 4 });
    expect(first.items.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(
      (await client.lists.items(listId, { limit: 4, cursor: first.nextCursor! })).items.map(({ item }) => item),
    ).toEqual([4, 5]);
  });

  it('that have started can be cancelled with their list', async () => {
    const listId = await create('gated', { items: numbers(5), concurrency: 2, onComplete: 'done' });
    await waitFor(async () => (await platform.client.lists.items(listId, { status: 'waiting' })).items.length === 2);
    expect(await platform.client.lists.cancel(listId)).toMatchObject({ status: 'cancelled', dropped: 3, inFlight: 2 });
    await platform.client.lists.cancel(listId, { inFlight: 'cancel' });
    expect(await settled(listId)).toMatchObject({ status: 'cancelled', cancelled: 2, dropped: 3, done: 5 });
    expect(await hookRuns('listCompleted', listId)).toEqual([]);
  });
});

describe('lists', () => {
  it('are found by workflow and status, newest first', async () => {
    await platform.publish('searched', { do: [{ a: { set: 1 } }] });
    const ids = [];
    for (let n = 0; n < 3; n++)
      ids.push(await create('searched', { items: [n], ...(n === 1 && { startAt: '2100-01-01T00:00:00Z' }) }));
    await settled(ids[0]!);
    await settled(ids[2]!);
    const { client } = platform;
    expect(
      (await client.lists.search({ workflow: 'searched', status: 'succeeded' })).items.map(({ id }) => id),
    ).toEqual([ids[2], ids[0]]);
    const first = await client.lists.search({ workflow: 'searched', limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const rest = await client.lists.search({ workflow: 'searched', cursor: first.nextCursor! });
    expect(rest).toMatchObject({ items: [{ id: ids[0], status: 'succeeded' }], nextCursor: null });
  });
});

describe('docs/guides/lists.md', () => {
  const guide = readFileSync(join(workspaceRoot, 'docs/guides/lists.md'), 'utf8');
  const shown = [...guide.matchAll(/^<!-- list of ([\w-]+) -->\n\n```json\n(.*?)^```$/gms)];

  beforeAll(async () => {
    await platform.client.types.declare('users', {
      email: { kind: 'text' },
      plan: { kind: 'text' },
      company: { kind: 'text' },
    });
    for (const email of ['eve@example.com', 'dan@example.com'])
      await platform.client.things.create('users', { email, plan: 'free', company: 'acme' });
    await platform.publish('report', { do: [{ a: { set: 1 } }] });
    const parameters = {
      type: 'object',
      properties: { user: { type: 'object' }, subject: { type: 'string' } },
      required: ['user'],
    };
    await platform.publish('send-letter', { parameters, do: [{ a: { set: '=parameters.user.email' } }] });
  });

  it.each(shown.map(([, workflow, text]) => [workflow!, text!] as const))(
    'a list of %s: %s',
    async (workflow, text) => {
      const listId = await create(workflow, JSON.parse(text) as CreateList);
      expect(await settled(listId)).toMatchObject({ total: 2, succeeded: 2 });
    },
  );

  it('an upload', async () => {
    const [query] = /lists\?([^"]+)/.exec(guide)!.slice(1) as [string];
    const response = await fetch(`${platform.url}/v1/workflows/send-letter/lists?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.adminKey}`, 'content-type': 'application/x-ndjson' },
      body: '{"email":"ada@example.com"}\n{"email":"bob@example.com"}\n',
    });
    const { listId } = (await response.json()) as { listId: string };
    expect(await settled(listId)).toMatchObject({
      succeeded: 2,
      settings: {
        rate: { limit: 100, per: { milliseconds: 60_000 } },
        failurePolicy: { stopAbovePercent: 5 },
        onProgress: { workflow: 'report', everyPercent: 10 },
      },
    });
  });
});
