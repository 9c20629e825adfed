import { randomUUID } from 'node:crypto';
import { Failure, type BulkResult, type FailureCode, type SearchResult, type Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let database: TestDatabase;
let replicas: [Data, Data];
let sql: pg.Client;

const ask = <T = Thing>(request: object, replica = 0): Promise<T> => replicas[replica]!.answer(request) as Promise<T>;
const create = (fields: object) => ask({ action: 'create', type: 'part', fields });
const change = (id: string, what: object, more: object = {}) =>
  ask({ action: 'change', type: 'part', id, ...what, ...more });
const bulk = (action: string, what: object) => ask<BulkResult>({ action, type: 'part', ...what });
const count = async (condition = 'true'): Promise<number> => {
  const { rows } = await sql.query<{ n: string }>(`SELECT count(*) AS n FROM part WHERE ${condition}`);
  return Number(rows[0]!.n);
};
const refusal = async (work: Promise<unknown>, code: FailureCode): Promise<Failure> => {
  const failure = (await work.then(
    () => undefined,
    (error: unknown) => error,
  )) as Failure;
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.code).toBe(code);
  return failure;
};
const pointers = (failure: Failure) => failure.details.errors!.map((error) => error.pointer);

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  const open = (): Data =>
    openData({
      url: database.serviceUrls.data,
      connections: 6,
      statementTimeoutMs: 10_000,
      answerRetentionDays: 30,
      registry: new Registry(),
      logger: makeLogger({ app: 'data', level: 'silent' }),
    });
  replicas = [open(), open()];
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await replicas[0].declareType({
    name: 'part',
    fields: {
      code: { kind: 'text', unique: true },
      count: { kind: 'integer' },
      weight: { kind: 'number' },
      tags: { kind: 'json' },
      madeOn: { kind: 'date' },
      group: { kind: 'text', required: true, default: 'none' },
    },
  });
  await replicas[0].declareType({ name: 'holder', fields: { part: { kind: 'reference', type: 'part' } } });
});

afterAll(async () => {
  await sql?.end();
  await Promise.all((replicas ?? []).map((replica) => replica.close()));
  await database?.drop();
});

beforeEach(() => sql.query('TRUNCATE holder, part'));

describe('operations on fields', () => {
  it('lose none of a thousand increments at the same time, over two replicas', async () => {
    const { id } = await create({});
    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        ask({ action: 'change', type: 'part', id, increment: { count: 1, weight: 0.5 }, key: `inc/${id}/${n}` }, n % 2),
      ),
    );
    expect(await ask({ action: 'get', type: 'part', id })).toMatchObject({ count: 1_000, weight: 500 });
  });

  it('lose none of many items added to one list at the same time', async () => {
    const { id } = await create({});
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => ask({ action: 'change', type: 'part', id, add: { tags: n % 100 } }, n % 2)),
    );
    const { tags } = await ask<{ tags: number[] }>({ action: 'get', type: 'part', id });
    expect(tags).toHaveLength(100);
    expect(tags.sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });

  it.each<[string, unknown, object, unknown]>([
    ['add to nothing', null, { add: { tags: 'a' } }, ['a']],
    ['add to the end', ['a'], { add: { tags: 'b' } }, ['a', 'b']],
    ['add what is there', ['a', 'b'], { add: { tags: 'a' } }, ['a', 'b']],
    ['add by equality, not by containment', [{ a: 1, b: 2 }], { add: { tags: { a: 1 } } }, [{ a: 1, b: 2 }, { a: 1 }]],
    [
      'equal objects are equal whatever their order',
      [{ a: 1, b: 2 }],
      { add: { tags: { b: 2, a: 1 } } },
      [{ a: 1, b: 2 }],
    ],
    ['add a list as one item', [1], { add: { tags: [1] } }, [1, [1]]],
    ['add null', [1], { add: { tags: null } }, [1, null]],
    ['add many, each once, in order', ['c'], { addList: { tags: ['b', 'c', 'a', 'b'] } }, ['c', 'b', 'a']],
    ['add none', null, { addList: { tags: [] } }, null],
    ['remove all equal ones', ['a', 'b', 'a'], { remove: { tags: 'a' } }, ['b']],
    ['remove the last', ['a'], { remove: { tags: 'a' } }, []],
    ['remove what is not there', ['a'], { remove: { tags: 'b' } }, ['a']],
    ['remove from nothing', null, { remove: { tags: 'b' } }, null],
    ['remove many', [1, 2, 3, 2], { removeList: { tags: [2, 3, 4] } }, [1]],
    ['clear a list', [1], { clear: ['tags'] }, []],
    ['clear what is no list', { a: 1 }, { clear: ['tags'] }, null],
  ])('%s', async (_name, before, what, after) => {
    const { id } = await create({ tags: before });
    expect((await change(id, what)).tags).toEqual(after);
  });

  it('stand beside fields, and move updatedAt only where something changes', async () => {
    const made = await create({ count: 1, weight: 2, tags: ['a'], code: 'x' });
    const changed = await change(made.id, {
      fields: { code: 'y' },
      increment: { count: 2 },
      clear: ['weight'],
      add: { tags: 'b' },
    });
    expect(changed).toMatchObject({ code: 'y', count: 3, weight: null, tags: ['a', 'b'] });
    expect(changed.updatedAt! > made.updatedAt!).toBe(true);
    const same = await change(made.id, { add: { tags: 'a' }, increment: { count: 0 } });
    expect(same).toEqual(changed);
    expect(await change(made.id, { increment: { count: -5, weight: 1.5 } })).toMatchObject({ count: -2, weight: 1.5 });
  });

  it('are made once under a key', async () => {
    const { id } = await create({});
    const request = { action: 'change', type: 'part', id, increment: { count: 1 }, key: `once/${id}` };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(request, n % 2)));
    expect(new Set(answers.map((thing) => thing.count))).toEqual(new Set([1]));
    expect(await count('count = 1')).toBe(1);
  });

  it('are refused with their place where they make no sense', async () => {
    const { id } = await create({ tags: { a: 1 }, count: 2 ** 53 - 1, weight: 1.7e308 });
    const places = async (what: object) => pointers(await refusal(change(id, what), 'thing.invalid'));
    expect(await places({ increment: { code: 1 } })).toEqual(['/increment/code']);
    expect(await places({ increment: { count: 0.5 } })).toEqual(['/increment/count']);
    expect(await places({ add: { code: 'a' }, removeList: { count: [1] } })).toEqual([
      '/add/code',
      '/removeList/count',
    ]);
    expect(await places({ clear: ['count', 'group', 'id'] })).toEqual(['/clear/1', '/clear/2']);
    expect(await places({ increment: { updatedAt: 1 } })).toEqual(['/increment/updatedAt']);
    expect(await places({ fields: { count: 1 }, increment: { count: 1 } })).toEqual(['/increment/count']);
    expect(await places({ add: { tags: 1 }, remove: { tags: 2 } })).toEqual(['/remove/tags']);
    const unknown = await refusal(change(id, { increment: { cuont: 1 } }), 'thing.invalid');
    expect(unknown.details.errors).toMatchObject([{ pointer: '/increment/cuont', suggestion: 'count' }]);
    // What only the database can know.
    expect(await places({ add: { tags: 'x' } })).toEqual(['/add/tags']);
    expect(await places({ removeList: { tags: ['x'] } })).toEqual(['/removeList/tags']);
    expect(await places({ increment: { weight: 1.7e308 } })).toEqual(['/increment/weight']);
    await sql.query('UPDATE part SET count = 9223372036854775807');
    expect(await places({ increment: { count: 1 } })).toEqual(['/increment/count']);
  });
});

describe('many things', () => {
  const fill = async (many: number): Promise<void> => {
    await sql.query(
      `INSERT INTO part (code, count, "group") SELECT 'c' || n, n, 'g' || n % 2 FROM generate_series(1, ${many}) n`,
    );
  };
  const ids = async (condition = 'true'): Promise<string[]> =>
    (await sql.query<{ id: string }>(`SELECT id FROM part WHERE ${condition} ORDER BY count`)).rows.map(
      (row) => row.id,
    );

  it('are changed by ids or conditions', async () => {
    await fill(10);
    const chosen = await ids('count <= 3');
    const more = [...chosen, chosen[0], chosen[1]!.toUpperCase(), randomUUID(), 'no-uuid'];
    expect(await bulk('changeList', { ids: more, fields: { group: 'x' }, increment: { count: 100 } })).toEqual({
      changed: 3,
    });
    expect(await ids(`"group" = 'x' AND count > 100`)).toEqual(chosen);
    expect(await bulk('changeList', { where: { group: 'g1' }, add: { tags: 't' } })).toEqual({ changed: 3 });
    expect(await count(`tags = '["t"]'`)).toBe(3);
    expect(await bulk('changeList', { where: { group: 'nowhere' }, fields: { count: 1 } })).toEqual({ changed: 0 });
    expect(await bulk('changeList', { ids: [], fields: { count: 1 } })).toEqual({ changed: 0 });
    expect(await bulk('changeList', { ids: chosen })).toEqual({ changed: 3 });
  });

  it('are changed all or none, ten thousand of them', async () => {
    await fill(10_000);
    expect(await bulk('changeList', { where: {}, increment: { count: 1 } })).toEqual({ changed: 10_000 });
    expect(await count(`count = substr(code, 2)::int + 1`)).toBe(10_000);
    await create({ code: 'same', count: 20_000 });
    const failure = await refusal(
      bulk('changeList', { where: { count: { gt: 9_999 } }, fields: { group: 'none of them', code: 'same' } }),
      'thing.in_conflict',
    );
    expect(pointers(failure)).toEqual(['/code']);
    expect(await count(`"group" = 'none of them'`)).toBe(0);
  });

  it('are deleted by ids or conditions', async () => {
    await fill(10);
    const chosen = await ids('count <= 3');
    expect(await bulk('deleteList', { ids: [...chosen, randomUUID()] })).toEqual({ deleted: 3 });
    expect(await bulk('deleteList', { where: { count: { gt: 8 } } })).toEqual({ deleted: 2 });
    expect(await ids()).toHaveLength(5);
    const [held] = await ids();
    await ask({ action: 'create', type: 'holder', fields: { part: held } });
    await refusal(bulk('deleteList', { where: {} }), 'thing.in_conflict');
    expect(await count()).toBe(5);
  });

  it('are copied in order, with what is said otherwise', async () => {
    await fill(5);
    const chosen = (await ids()).reverse();
    const answer = await bulk('copy', {
      ids: [...chosen, chosen[0], randomUUID()],
      fields: { group: 'copy', code: null },
    });
    const copies = answer as { copied: number; ids: string[] };
    expect(copies.copied).toBe(5);
    expect(new Set([...copies.ids, ...chosen]).size).toBe(10);
    const made = await Promise.all(copies.ids.map((id) => ask({ action: 'get', type: 'part', id })));
    expect(made.map((thing) => thing.count)).toEqual([5, 4, 3, 2, 1]);
    expect(made.every((thing) => thing.group === 'copy' && thing.code === null)).toBe(true);
    expect(made[0]!.createdAt! > (await ask({ action: 'get', type: 'part', id: chosen[0] })).createdAt!).toBe(true);
    const byConditions = await bulk('copy', {
      where: { group: { startsWith: 'g' } },
      fields: { code: null, group: 'again' },
    });
    expect(await ids(`"group" = 'again'`)).toEqual((byConditions as { ids: string[] }).ids);
    expect(await bulk('copy', { where: { group: 'nowhere' } })).toEqual({ copied: 0, ids: [] });
  });

  it('are copied all or none, ten thousand of them', async () => {
    await fill(10_000);
    const copies = (await bulk('copy', { where: {}, fields: { code: null } })) as { copied: number; ids: string[] };
    expect(copies.copied).toBe(10_000);
    expect(new Set(copies.ids).size).toBe(10_000);
    expect(await ids('code IS NULL')).toEqual(copies.ids);
    const failure = await refusal(bulk('copy', { where: { code: 'c1' } }), 'thing.in_conflict');
    expect(pointers(failure)).toEqual(['/code']);
    // More ids than one message carries: nobody could be told, so nothing is done.
    await sql.query('INSERT INTO part (count) SELECT generate_series(1, 10000)');
    await refusal(bulk('copy', { where: {}, fields: { code: null } }), 'search.too_many');
    expect(await count()).toBe(30_000);
  });

  it('are changed once under a key, and never in each other’s way', async () => {
    await fill(500);
    const request = { where: {}, increment: { count: 1_000 }, key: 'bulk/1', origin: { depth: 1 } };
    const all = Array.from({ length: 10 }, (_, n) =>
      ask<BulkResult>({ action: 'changeList', type: 'part', ...request }, n % 2),
    );
    expect(new Set((await Promise.all(all)).map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"changed":500}']),
    );
    expect(await count('count BETWEEN 1001 AND 1500')).toBe(500);
    const backwards = (await ids()).reverse();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        ask(
          {
            action: 'changeList',
            type: 'part',
            increment: { count: 1 },
            ...(n % 2 === 0 ? { where: {} } : { ids: backwards }),
          },
          n % 2,
        ),
      ),
    );
    expect(await count('count BETWEEN 1021 AND 1520')).toBe(500);
    const copy = { where: { code: 'c1' }, fields: { code: null }, key: 'bulk/2' };
    expect(await bulk('copy', copy)).toEqual(await bulk('copy', copy));
    const remove = { where: {}, key: 'bulk/3' };
    expect(await bulk('deleteList', remove)).toEqual({ deleted: 501 });
    expect(await bulk('deleteList', remove)).toEqual({ deleted: 501 });
  });

  it('are refused where they make no sense', async () => {
    await refusal(bulk('changeList', { fields: { count: 1 } }), 'request.invalid');
    await refusal(bulk('deleteList', { ids: [], where: {} }), 'request.invalid');
    await refusal(bulk('deleteList', {}), 'request.invalid');
    expect(pointers(await refusal(bulk('deleteList', { where: { cuont: 1 } }), 'search.invalid'))).toEqual([
      '/where/cuont',
    ]);
    expect(
      pointers(await refusal(bulk('copy', { where: {}, fields: { id: 'x', cuont: 1 } }), 'thing.invalid')),
    ).toEqual(['/id', '/cuont']);
  });

  it('of tables that were there before are changed and copied too', async () => {
    await sql.query(`CREATE TABLE legacy (id text PRIMARY KEY DEFAULT gen_random_uuid()::text, small smallint, list json,
      price numeric(6, 2), doubled numeric GENERATED ALWAYS AS (price * 2) STORED);
      CREATE TABLE bare (id text PRIMARY KEY);
      INSERT INTO legacy (id, small, list, price) VALUES ('a', 1, '[1]', 1.5), ('b', 32767, NULL, 9999)`);
    await replicas[0].declareType({ name: 'legacy', fields: {} });
    await replicas[0].declareType({ name: 'bare', fields: {} });
    const request = { action: 'changeList', type: 'legacy', increment: { small: 1, price: 0.25 }, add: { list: 2 } };
    expect(await ask({ ...request, ids: ['a'] })).toEqual({ changed: 1 });
    expect(await ask({ action: 'get', type: 'legacy', id: 'a' })).toMatchObject({
      small: 2,
      price: 1.75,
      list: [1, 2],
    });
    await refusal(ask({ ...request, where: {} }), 'thing.invalid');
    const copied = await ask<{ ids: string[] }>({ action: 'copy', type: 'legacy', ids: ['b', 'a'] });
    expect(await ask({ action: 'get', type: 'legacy', id: copied.ids[1] })).toMatchObject({ small: 2, doubled: 3.5 });
    expect(pointers(await refusal(ask({ action: 'copy', type: 'bare', where: {} }), 'thing.invalid'))).toEqual(['/id']);
  });
});

describe('aggregates', () => {
  const search = (body: object) => ask<SearchResult>({ action: 'search', type: 'part', search: body });
  const aggregates = {
    all: { count: true },
    total: { sum: 'count' },
    mean: { average: 'count' },
    heaviest: { max: 'weight' },
    weights: { sum: 'weight' },
    first: { min: 'code' },
    newest: { max: 'madeOn' },
    since: { min: 'createdAt' },
  };

  it('are of everything that is found, not of the page', async () => {
    const first = await create({ code: 'b', count: 1, weight: 0.5, madeOn: '2026-01-02' });
    await create({ code: 'a', count: 2, weight: 1.25, madeOn: '2025-12-31' });
    await create({ code: 'c' });
    await create({ code: 'other', count: 1_000, group: 'other' });
    const result = await search({ where: { group: 'none' }, limit: 1, count: true, aggregates });
    expect(result.items).toHaveLength(1);
    expect(result.count).toBe(3);
    expect(result.aggregates).toEqual({
      all: 3,
      total: 3,
      mean: 1.5,
      heaviest: 1.25,
      weights: 1.75,
      first: 'a',
      newest: '2026-01-02',
      since: first.createdAt,
    });
  });

  it('of nothing are 0 for a sum and a count, else null', async () => {
    expect((await search({ aggregates })).aggregates).toEqual({
      all: 0,
      total: 0,
      mean: null,
      heaviest: null,
      weights: 0,
      first: null,
      newest: null,
      since: null,
    });
    expect(await search({})).not.toHaveProperty('aggregates');
  });

  it('are exact, or text where JSON cannot be', async () => {
    await sql.query('INSERT INTO part (count) VALUES (9007199254740991), (2)');
    expect((await search({ aggregates: { total: { sum: 'count' } } })).aggregates).toEqual({
      total: '9007199254740993',
    });
  });

  it('are refused with their place where they make no sense', async () => {
    const wrong = {
      a: { sum: 'code' },
      b: { average: 'madeOn' },
      c: { min: 'tags' },
      d: { max: 'cuont' },
      e: { sum: 'count' },
    };
    const failure = await refusal(search({ aggregates: wrong }), 'search.invalid');
    expect(failure.details.errors).toMatchObject([
      { pointer: '/aggregates/a/sum' },
      { pointer: '/aggregates/b/average' },
      { pointer: '/aggregates/c/min' },
      { pointer: '/aggregates/d/max', suggestion: 'count' },
    ]);
    await refusal(search({ aggregates: { a: { median: 'count' } } }), 'request.invalid');
    await refusal(search({ aggregates: { 'a b': { sum: 'count' } } }), 'request.invalid');
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`n${n}`, { count: true }]));
    await refusal(search({ aggregates: many }), 'search.invalid');
  });
});
