import { Failure, type DeclareTypeBody, type FailureCode, type Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, waitFor, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let replica: Data;
let sql: pg.Client;

const open = (): Data =>
  openData({
    url: database.serviceUrls.data,
    connections: 4,
    statementTimeoutMs: 5_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
const declare = (name: string, fields: DeclareTypeBody['fields']) => data.declareType({ name, fields });
const create = (type: string, fields: object) => data.answer({ action: 'create', type, fields }) as Promise<Thing>;
const refusal = async (work: Promise<unknown>, code: FailureCode): Promise<Failure> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).code).toBe(code);
  return failure as Failure;
};
const published = async (): Promise<string[]> => {
  const { rows } = await sql.query<{ tablename: string }>(
    `SELECT tablename FROM pg_publication_tables WHERE pubname = 'nightshift_changes'`,
  );
  return rows.map((row) => row.tablename);
};

beforeAll(async () => {
  database = await createTestDatabase();
  await Promise.all([migrateData(database.url), migrateData(database.url), migrateData(database.url)]);
  // A login of the service finds everything there and changes nothing.
  await migrateData(database.serviceUrls.data);
  data = open();
  replica = open();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterAll(async () => {
  await sql?.end();
  await data?.close();
  await replica?.close();
  await database?.drop();
});

describe('declaring types', () => {
  it('makes a real table, published, that another replica knows at once', async () => {
    const definition = await declare('order', {
      total: { kind: 'number', required: true, indexed: true },
      note: { kind: 'text' },
    });
    expect(definition).toEqual({
      name: 'order',
      fields: { total: { kind: 'number', required: true, indexed: true }, note: { kind: 'text' } },
    });
    const { rows } = await sql.query<{ relreplident: string; owner: string }>(
      `SELECT relreplident, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'order'`,
    );
    expect(rows).toEqual([{ relreplident: 'f', owner: 'nightshift_data' }]);
    expect(await published()).toContain('order');
    await waitFor(async () => (await replica.listTypes()).some((type) => type.name === 'order'));
    const { rows: versions } = await sql.query<{ version: string }>(
      `INSERT INTO "order" (total) VALUES (1) RETURNING substr(id::text, 15, 1) AS version`,
    );
    expect(versions[0]!.version).toBe('7');
  });

  it('adds fields when declared again, and changes what they require', async () => {
    await declare('grown', { a: { kind: 'text' } });
    const thing = await create('grown', { a: 'x' });
    const definition = await declare('grown', { b: { kind: 'integer', required: true, default: 7, unique: false } });
    expect(Object.keys(definition.fields)).toEqual(['a', 'b']);
    expect(await data.answer({ action: 'get', type: 'grown', id: thing.id })).toMatchObject({ a: 'x', b: 7 });
    await declare('grown', {
      a: { kind: 'text', required: true, unique: true, indexed: true, default: "it's \\ fine" },
    });
    expect(await create('grown', {})).toMatchObject({ a: "it's \\ fine", b: 7 });
    await refusal(create('grown', { a: 'x' }), 'thing.in_conflict');
    await declare('grown', { a: { kind: 'text', indexed: true } });
    expect(await create('grown', { a: 'x' })).toMatchObject({ a: 'x' });
    expect(await create('grown', {})).toMatchObject({ a: null });
    await refusal(declare('grown', { a: { kind: 'text', unique: true } }), 'type.in_conflict');
    const required = await refusal(declare('grown', { c: { kind: 'text', required: true } }), 'type.in_conflict');
    expect(required.message).toContain('c');
  });

  it('sends back what it was given', async () => {
    const definition = await declare('round', {
      at: { kind: 'dateTime', default: '2026-01-01T00:00:00Z' },
      tags: { kind: 'json', indexed: true },
    });
    expect(await data.declareType(definition)).toEqual(definition);
  });

  it('refuses another kind, and says which and why', async () => {
    await declare('kinds', { a: { kind: 'text' }, b: { kind: 'integer' } });
    const failure = await refusal(
      declare('kinds', { a: { kind: 'integer' }, b: { kind: 'integer' }, c: { kind: 'text' } }),
      'type.in_conflict',
    );
    expect(failure.details.errors).toEqual([
      { pointer: '/fields/a/kind', detail: expect.stringContaining('is text') as string },
    ]);
    expect((await data.listTypes()).find((type) => type.name === 'kinds')!.fields).not.toHaveProperty('c');
  });

  it('makes real foreign keys, to itself too, and refuses unknown types', async () => {
    await declare('node', { parent: { kind: 'reference', type: 'node' }, title: { kind: 'text' } });
    const root = await create('node', { title: 'root' });
    expect(await create('node', { parent: root.id })).toMatchObject({ parent: root.id });
    const failure = await refusal(declare('leaf', { node: { kind: 'reference', type: 'nodes' } }), 'type.in_conflict');
    expect(failure.details.errors![0]!.pointer).toBe('/fields/node/type');
    await refusal(declare('leaf', { node: { kind: 'reference' } }), 'type.invalid');
  });

  it('refuses names that are unsafe or taken by Postgres', async () => {
    for (const name of [
      'pg_class',
      'a b',
      'x"; DROP TABLE node; --',
      '',
      '1a',
      'a'.repeat(64),
      'ünï',
      '__proto__',
      'a.b',
    ]) {
      await refusal(declare(name, {}), 'type.invalid');
    }
    for (const field of ['ctid', 'xmin', 'and', 'not', 'a"b', 'a b', '', 'a'.repeat(64), "a'); DROP TABLE node; --"]) {
      await refusal(declare('safe', { [field]: { kind: 'text' } }), 'type.invalid');
    }
    await refusal(declare('safe', { id: { kind: 'integer' } }), 'type.invalid');
    await refusal(declare('safe', { a: { kind: 'integer', default: 'x' } }), 'type.invalid');
    await refusal(data.declareType({ name: 'safe', fields: { a: { kind: 'nope' } } }), 'type.invalid');
    await refusal(data.declareType(null), 'type.invalid');
  });

  it('takes words of SQL and of JavaScript as names', async () => {
    await declare('select', {
      from: { kind: 'text' },
      constructor: { kind: 'integer' as const },
      toString: { kind: 'boolean' as const },
      where: { kind: 'text' },
    });
    const thing = await create('select', { from: 'x', constructor: 1, toString: true });
    expect(thing).toMatchObject({ from: 'x', constructor: 1, toString: true, where: null });
  });

  it('serialises concurrent declarations', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? data : replica).declareType({ name: 'crowd', fields: { [`f${index}`]: { kind: 'text' } } }),
      ),
    );
    await waitFor(async () => {
      const crowd = (await data.listTypes()).find((type) => type.name === 'crowd');
      return Object.keys(crowd!.fields).length === 20;
    });
  });

  it('finds a column that SQL has added', async () => {
    await declare('extended', { a: { kind: 'text' } });
    await create('extended', { a: 'x' });
    await sql.query('ALTER TABLE extended ADD COLUMN weight numeric');
    expect(await create('extended', { a: 'y', weight: 2.5 })).toMatchObject({ weight: 2.5 });
    await sql.query('ALTER TABLE extended DROP COLUMN a');
    expect(await create('extended', { weight: 3 })).not.toHaveProperty('a');
  });
});

describe('attaching tables', () => {
  it('takes a table as it is, also one of another owner', async () => {
    await sql.query(`
      CREATE TABLE customer (id text PRIMARY KEY, name varchar(10) NOT NULL, age int2, price numeric, born date, at timestamp, made timestamptz DEFAULT now(),
        meta json, ok boolean, tags text[], code char(5), n bigserial)`);
    await sql.query(
      `INSERT INTO customer VALUES ('c1', 'Ada', 5, 19.90, '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05.1+01', '{"a": 1}', true, '{a,b}', 'ab')`,
    );
    const definition = await declare('customer', {});
    expect(definition.fields).toMatchObject({
      name: { kind: 'text', required: true },
      age: { kind: 'integer' },
      price: { kind: 'number' },
      born: { kind: 'date' },
      at: { kind: 'dateTime' },
      meta: { kind: 'json' },
      ok: { kind: 'boolean' },
      tags: { kind: 'text', list: true },
      n: { kind: 'integer' },
    });
    expect(await published()).toContain('customer');
    expect(await data.answer({ action: 'get', type: 'customer', id: 'c1' })).toEqual({
      id: 'c1',
      name: 'Ada',
      age: 5,
      price: 19.9,
      born: '2026-01-02',
      at: '2026-01-02T03:04:05.000000Z',
      made: '2026-01-02T02:04:05.100000Z',
      meta: { a: 1 },
      ok: true,
      tags: ['a', 'b'],
      code: 'ab',
      n: 1,
    });
    await refusal(create('customer', { name: 'x' }), 'thing.invalid');
    expect(await create('customer', { id: 'c2', name: 'Bo', tags: ['x'] })).toMatchObject({ id: 'c2', tags: ['x'] });
    await refusal(create('customer', { id: 'c3', name: 'longer than ten' }), 'thing.invalid');
    await refusal(create('customer', { id: 'c3', name: 'x', age: 40_000 }), 'thing.invalid');
    const failure = await refusal(declare('customer', { name: { kind: 'integer' } }), 'type.in_conflict');
    expect(failure.message).toContain('name');
  });

  it('refuses tables without a usable id, and views', async () => {
    await sql.query(
      'CREATE TABLE counted (id bigint PRIMARY KEY); CREATE TABLE pair (id uuid, b int, PRIMARY KEY (id, b)); CREATE TABLE bare (a int); CREATE VIEW seen AS SELECT 1 AS id',
    );
    for (const name of ['counted', 'pair', 'bare', 'seen']) await refusal(declare(name, {}), 'type.in_conflict');
    expect((await data.listTypes()).some((type) => type.name === 'counted')).toBe(false);
  });

  it('refers to things by text ids', async () => {
    await declare('invoice', { customer: { kind: 'reference', type: 'customer', required: true } });
    expect(await create('invoice', { customer: 'c1' })).toMatchObject({ customer: 'c1' });
    await refusal(create('invoice', { customer: 'c9' }), 'thing.invalid');
  });
});
