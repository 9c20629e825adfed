import type { DataRequest, PrivacyRule, SearchResult, Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, waitFor, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let sql: pg.Client;
let user: Thing;

const open = (userType?: string): Data =>
  openData({
    url: database.serviceUrls.data,
    connections: 2,
    statementTimeoutMs: 2_000,
    answerRetentionDays: 30,
    ...(userType !== undefined && { userType }),
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
const set = (rules: unknown[], type = 'paper'): Promise<unknown> => data.privacy({ type, rules });
const problemOf = (work: Promise<unknown>): Promise<Record<string, unknown>> =>
  work.then(
    (answer) => ({ answer }),
    (error: { toProblem(): Record<string, unknown> }) => error.toProblem(),
  );
const as = (id: string | null, request: object): Promise<unknown> =>
  data.answer({ ...request, as: { user: id } } as DataRequest);
const count = async (rule: PrivacyRule, id: string | null = user.id): Promise<unknown> => {
  await set([rule]);
  return ((await as(id, { action: 'search', type: 'paper', search: { count: true } })) as { count: number }).count;
};

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  data = open();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await data.declareType({
    name: 'user',
    fields: { name: { kind: 'text' }, level: { kind: 'integer' }, groups: { kind: 'text', list: true } },
  });
  await data.declareType({
    name: 'paper',
    fields: {
      code: { kind: 'text', unique: true },
      level: { kind: 'integer' },
      group: { kind: 'text' },
      data: { kind: 'json' },
      day: { kind: 'date' },
      at: { kind: 'dateTime' },
      isOpen: { kind: 'boolean' },
      state: { kind: 'option', options: ['new', 'old'] },
      owner: { kind: 'reference', type: 'user' },
      parent: { kind: 'reference', type: 'paper' },
    },
  });
  const create = async (type: string, fields: object): Promise<Thing> =>
    (await data.answer({ action: 'create', type, fields })) as Thing;
  user = await create('user', { name: 'Ada', level: 3, groups: ['a', 'b'] });
  const parent = await create('paper', { code: 'p', level: 3, group: 'a', owner: user.id, state: 'new' });
  await create('paper', {
    code: 'q',
    level: 5,
    group: 'c',
    parent: parent.id,
    isOpen: true,
    at: '2020-01-01T00:00:00Z',
  });
  await create('paper', { code: 'r', day: '2026-01-01', data: ['x', 7], isOpen: false, at: '2999-01-01T00:00:00Z' });
});
afterAll(async () => {
  await sql?.end();
  await data?.close();
  await database?.drop();
});

describe('conditions', () => {
  it.each<[string, number]>([
    ['true', 3],
    ['false', 0],
    ['thing.owner = currentUser.id', 1],
    ['currentUser.id = thing.owner', 1],
    ['thing.owner != currentUser.id', 0],
    ['$not(thing.owner = currentUser.id)', 2],
    ['thing.parent.owner = currentUser.id', 1],
    ['thing.parent.owner.name = "Ada"', 1],
    ['thing.level = currentUser.level', 1],
    ['thing.level > currentUser.level', 1],
    ['3 >= thing.level', 1],
    ['thing.level != 3', 1],
    ['thing.level = null', 1],
    ['thing.level != null', 2],
    ['$exists(thing.parent)', 1],
    ['$not($exists(thing.parent.owner))', 2],
    ['thing.group in currentUser.groups', 1],
    ['thing.group in ["a", "c"]', 2],
    ['$not(thing.group in ["a", "c"])', 1],
    ['"x" in thing.data', 1],
    ['7 in thing.data', 1],
    ['thing.isOpen', 1],
    ['$not(thing.isOpen)', 2],
    ['thing.isOpen = false', 1],
    ['thing.at < $now()', 1],
    ['thing.day = "2026-01-01"', 1],
    ['thing.day < "2026-01-02"', 1],
    ['thing.state = "new"', 1],
    ["(thing.code = 'p' or thing.code = 'q') and thing.level > 3", 1],
    ["thing.code = '\"; drop table paper; --'", 0],
    ['currentUser.name = "Ada"', 3],
  ])('%s', async (when, expected) => {
    expect(await count({ name: 'rule', when, find: true })).toBe(expected);
  });

  it('is about nobody where somebody is not logged in', async () => {
    expect(await count({ name: 'rule', when: 'currentUser.name != "Bob"', find: true }, null)).toBe(0);
    expect(await count({ name: 'rule', when: '$not($exists(currentUser.id))', find: true }, null)).toBe(3);
    expect(await count({ name: 'rule', when: 'thing.owner = currentUser.id', find: true }, null)).toBe(0);
  });

  it.each<[string, RegExp]>([
    ['thing.ownr = currentUser.id', /ownr is not a field of paper \(at character 10\)/],
    ['thing.owner', /is reference, and by itself only a boolean/],
    ['thing = currentUser', /is a whole thing: name a field, such as thing\.id/],
    ['user.id = thing.owner', /user is not known: paths begin with thing or currentUser/],
    ['thing.level + 1 = 2', /cannot compute \+/],
    ['$lowercase(thing.code) = "p"', /is not a value/],
    ['$contains(thing.code, "p")', /cannot use \$contains that way here: a condition is made of/],
    ['thing.code > "a"', /numbers and times have an order/],
    ['thing.level = "x"', /level must be an integer/],
    ['thing.level = thing.code', /compares level, which is integer, with code, which is text/],
    ['thing.state = "odd"', /state must be one of new, old/],
    ['thing.code.x = 1', /follows code, which is no reference/],
    ['thing.data[0] = 1', /is more than a name/],
    ['thing.level in thing.code', /looks for a value in code/],
    ['thing.code in []', /an empty list/],
    ['1 = 1', /compares no field/],
    ['thing.level =', /Unexpected end of expression/],
    ['thing.level = 1 ? true : false', /is no condition/],
  ])('refuses %s', async (when, detail) => {
    const problem = await problemOf(set([{ name: 'rule', when }]));
    expect(problem).toMatchObject({ code: 'privacy.invalid', errors: [{ pointer: '/rules/0/when' }] });
    expect((problem['errors'] as { detail: string }[])[0]!.detail).toMatch(detail);
  });

  it('refuses fields that are not there, and names twice', async () => {
    const problem = await problemOf(
      set([
        { name: 'a', see: ['code', 'levl'] },
        { name: 'a', change: ['x'] },
      ]),
    );
    expect((problem['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
      '/rules/0/see/1',
      '/rules/1/name',
      '/rules/1/change/0',
    ]);
  });
});

it('how a search is done is told to the platform alone', async () => {
  const request = { action: 'search', type: 'paper', search: { explain: true } };
  expect(await problemOf(as(user.id, request))).toMatchObject({ code: 'auth.not_for_users' });
  expect(await problemOf(data.answer(request))).not.toHaveProperty('code');
});

it('without rules a user may do nothing, and the platform everything', async () => {
  await set([]);
  expect(await as(user.id, { action: 'search', type: 'paper', search: {} })).toEqual({ items: [], nextCursor: null });
  expect(await problemOf(as(user.id, { action: 'create', type: 'paper', fields: {} }))).toMatchObject({
    code: 'privacy.denied',
  });
  const all = await data.answer({ action: 'search', type: 'paper', search: {} });
  expect((all as { items: Thing[] }).items).toHaveLength(3);
});

it('a rule whose field is gone gives nothing any more', async () => {
  await sql.query('ALTER TABLE paper ADD COLUMN extra text');
  await data.listTypes();
  expect(await count({ name: 'rule', when: "thing.code = 'p' or $exists(thing.extra)", find: true })).toBe(1);
  await sql.query('ALTER TABLE paper DROP COLUMN extra');
  await data.listTypes();
  const found = await as(user.id, { action: 'search', type: 'paper', search: {} });
  expect(found).toMatchObject({ items: [] });
});

it('other replicas heed new rules as soon as they hear of them', async () => {
  const other = open();
  try {
    const found = async (): Promise<number> =>
      ((await other.answer({ action: 'search', type: 'paper', search: {}, as: { user: user.id } })) as SearchResult)
        .items.length;
    await set([{ name: 'all', find: true }]);
    await waitFor(async () => (await found()) === 3, { describe: 'the rule in the other replica' });
    await set([]);
    await waitFor(async () => (await found()) === 0, { describe: 'its end in the other replica' });
  } finally {
    await other.close();
  }
});

it('what the database refuses tells a user nothing of other things', async () => {
  await set([
    {
      name: 'own',
      when: 'thing.owner = currentUser.id',
      find: true,
      see: 'all',
      create: true,
      change: true,
      delete: true,
    },
  ]);
  const mine = { owner: user.id };
  const create = (fields: object): Promise<unknown> =>
    problemOf(as(user.id, { action: 'create', type: 'paper', fields }));
  // One of these codes is that of a thing that he sees, the other that of one that he does not.
  const [seen, hidden] = [await create({ ...mine, code: 'p' }), await create({ ...mine, code: 'r' })];
  expect(seen).toMatchObject({ code: 'thing.in_conflict', detail: 'The database does not take the change.' });
  expect(seen).not.toHaveProperty('errors');
  expect(hidden).toEqual(seen);

  const hiddenId = (await sql.query<{ id: string }>(`SELECT id FROM paper WHERE code = 'r'`)).rows[0]!.id;
  const nowhere = await create({ ...mine, parent: '01890000-0000-7000-8000-000000000001' });
  expect(nowhere).toMatchObject({ code: 'thing.invalid', detail: 'parent refers to a thing that does not exist' });
  expect(await create({ ...mine, parent: hiddenId })).toEqual(nowhere);

  const parentId = (await sql.query<{ id: string }>(`SELECT id FROM paper WHERE code = 'p'`)).rows[0]!.id;
  const inUse = await problemOf(as(user.id, { action: 'delete', type: 'paper', id: parentId }));
  expect(inUse).toEqual(seen);
});

it('a change under a key is made once, and answered as it was seen', async () => {
  await set([{ name: 'own', when: 'thing.owner = currentUser.id', find: true, see: ['code'], create: true }]);
  const request = { action: 'create', type: 'paper', fields: { code: 'k', owner: user.id, level: 9 }, key: 'key-1' };
  const made = await as(user.id, request);
  expect(made).toMatchObject({ code: 'k', level: null, owner: null });
  expect(await as(user.id, request)).toEqual(made);
});

it('a field that somebody may change but not see tells nothing by its operations', async () => {
  await set([{ name: 'blind', find: true, see: ['code'], change: ['level', 'data'] }]);
  const { id } = (await sql.query<{ id: string }>(`SELECT id FROM paper WHERE code = 'r'`)).rows[0]!;
  const change = (more: object): Promise<unknown> =>
    problemOf(as(user.id, { action: 'change', type: 'paper', id, ...more }));
  expect(await change({ increment: { level: 1 } })).toMatchObject({ code: 'privacy.denied' });
  expect(await change({ add: { data: 'y' } })).toMatchObject({ code: 'privacy.denied' });
  expect(await change({ fields: { level: 4 } })).toMatchObject({ answer: { code: 'r', level: null } });
});

it('a user is a thing of the type that the setting names', async () => {
  const { id } = (await sql.query<{ id: string }>(`SELECT id FROM paper WHERE code = 'p'`)).rows[0]!;
  const other = open('paper');
  try {
    expect(await other.isUser({ id })).toBe(true);
    expect(await other.isUser({ id: user.id })).toBe(false);
    expect(await data.isUser({ id: user.id })).toBe(true);
    expect(await problemOf(as(id, { action: 'get', type: 'paper', id }))).toMatchObject({ code: 'auth.unknown_user' });
  } finally {
    await other.close();
  }
});
