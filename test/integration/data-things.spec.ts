import { randomUUID } from 'node:crypto';
import { Failure, type FailureCode, type Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let sql: pg.Client;

const logger = makeLogger({ app: 'data', level: 'silent' });
const answer = <T = Thing>(request: object): Promise<T> => data.answer(request) as Promise<T>;
const create = (type: string, fields: object, more: object = {}) => answer({ action: 'create', type, fields, ...more });

const failing = async (work: Promise<unknown>): Promise<Failure> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  return failure as Failure;
};
const expectCode = async (work: Promise<unknown>, code: FailureCode): Promise<Failure> => {
  const failure = await failing(work);
  expect(failure.code).toBe(code);
  return failure;
};

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  data = openData({
    url: database.serviceUrls.data,
    connections: 10,
    statementTimeoutMs: 2_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger,
  });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await data.declareType({ name: 'company', fields: { name: { kind: 'text', required: true } } });
  await data.declareType({
    name: 'user',
    fields: {
      email: { kind: 'text', required: true, unique: true },
      age: { kind: 'integer' },
      score: { kind: 'number', default: 1.5 },
      isAdmin: { kind: 'boolean', required: true, default: false },
      born: { kind: 'date' },
      seenAt: { kind: 'dateTime' },
      settings: { kind: 'json' },
      company: { kind: 'reference', type: 'company' },
    },
  });
});

afterAll(async () => {
  await sql?.end();
  await data?.close();
  await database?.drop();
});

describe('things', () => {
  it('keeps every kind of value and shows it the same way everywhere', async () => {
    const company = await create('company', { name: 'Acme' });
    const fields = {
      email: "o'hara@example.com",
      age: 41,
      score: 0.1,
      isAdmin: true,
      born: '1985-02-28',
      seenAt: '2026-11-22T16:03:11.5+01:00',
      settings: { theme: 'dark', list: [1, null, { a: "'; drop table user; --" }] },
      company: company.id,
    };
    const user = await create('user', fields);
    expect(user).toMatchObject({ ...fields, seenAt: '2026-11-22T15:03:11.500000Z' });
    expect(user.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(user.updatedAt).toBe(user.createdAt);
    expect(await answer({ action: 'get', type: 'user', id: user.id })).toEqual(user);
    const { rows } = await sql.query<{ email: string }>('SELECT email FROM "user" WHERE id = $1', [user.id]);
    expect(rows[0]?.email).toBe(fields.email);
  });

  it('gives defaults, and nulls for what was not said', async () => {
    expect(await create('user', { email: 'd@x' })).toMatchObject({
      score: 1.5,
      isAdmin: false,
      age: null,
      settings: null,
    });
  });

  it('changes and deletes, and answers null for what is not there', async () => {
    const user = await create('user', { email: 'c@x', age: 1 });
    const changed = await answer({ action: 'change', type: 'user', id: user.id, fields: { age: null, score: 2 } });
    expect(changed).toMatchObject({ age: null, score: 2, email: 'c@x' });
    expect(changed.updatedAt! > user.updatedAt!).toBe(true);
    expect(await answer({ action: 'delete', type: 'user', id: user.id })).toEqual(changed);
    for (const id of [user.id, 'no-uuid', "' or true --"]) {
      expect(await answer({ action: 'get', type: 'user', id })).toBeNull();
      expect(await answer({ action: 'change', type: 'user', id, fields: { age: 2 } })).toBeNull();
      expect(await answer({ action: 'delete', type: 'user', id })).toBeNull();
    }
  });

  it('keeps updatedAt for plain SQL too, and leaves it where nothing changed', async () => {
    const user = await create('user', { email: 'u@x', age: 1 });
    await sql.query('UPDATE "user" SET age = 1 WHERE id = $1', [user.id]);
    expect(await answer({ action: 'get', type: 'user', id: user.id })).toEqual(user);
    await sql.query('UPDATE "user" SET age = 2 WHERE id = $1', [user.id]);
    const now = await answer({ action: 'get', type: 'user', id: user.id });
    expect(now.updatedAt! > user.updatedAt!).toBe(true);
  });

  it('names every wrong field, with the nearest right name', async () => {
    const failure = await expectCode(
      create('user', { emial: 'x', age: 1.5, isAdmin: null, born: '2026-02-30', seenAt: 'today', company: 'x', id: 3 }),
      'thing.invalid',
    );
    const errors = Object.fromEntries(failure.details.errors!.map((error) => [error.pointer, error]));
    expect(errors['/emial']).toMatchObject({ suggestion: 'email' });
    expect(Object.keys(errors).sort()).toEqual(
      ['/age', '/born', '/company', '/email', '/emial', '/id', '/isAdmin', '/seenAt'].sort(),
    );
    const suggested = await expectCode(create('users', {}), 'type.not_found');
    expect(suggested.details.errors![0]!.suggestion).toBe('user');
    await expectCode(create('user', { email: 'big@x', age: 2 ** 53 }), 'thing.invalid');
    await expectCode(create('user', { email: 'nul\u0000@x' }), 'thing.invalid');
    await expectCode(create('user', { email: 'half\ud800@x' }), 'thing.invalid');
    await expectCode(create('user', { email: 'j@x', settings: { a: '\u0000' } }), 'thing.invalid');
    await expectCode(create('user', { email: 'k@x', createdAt: '2026-01-01T00:00:00Z' }), 'thing.invalid');
    await expectCode(answer({ action: 'explode', type: 'user' }), 'request.invalid');
  });

  it('names the field of a broken rule', async () => {
    await create('user', { email: 'same@x' });
    const unique = await expectCode(create('user', { email: 'same@x' }), 'thing.in_conflict');
    expect(unique.details.errors![0]!.pointer).toBe('/email');
    const reference = await expectCode(create('user', { email: 'r@x', company: randomUUID() }), 'thing.invalid');
    expect(reference.details.errors![0]!.pointer).toBe('/company');
    const company = await create('company', { name: 'Kept' });
    await create('user', { email: 'worker@x', company: company.id });
    const referred = await expectCode(
      answer({ action: 'delete', type: 'company', id: company.id }),
      'thing.in_conflict',
    );
    expect(referred.message).toContain('user');
  });

  it('takes names and values for what they are', async () => {
    const hostile = `x'; DROP TABLE "user"; --`;
    await expectCode(create(hostile, {}), 'type.not_found');
    await expectCode(create('user', { [`email") VALUES ('a'); --`]: 'x', email: 'h1@x' }), 'thing.invalid');
    await expectCode(create('user', { ['__proto__x']: 1, constructor: 'x', email: 'h2@x' }), 'thing.invalid');
    const user = await create(
      'user',
      { email: hostile, settings: { [hostile]: hostile } },
      { key: hostile, origin: { depth: 1, actor: hostile } },
    );
    expect(user.email).toBe(hostile);
    expect((await answer({ action: 'get', type: 'user', id: user.id })).settings).toEqual({ [hostile]: hostile });
  });

  it('gives up on a thing that somebody else holds, and says so', async () => {
    const user = await create('user', { email: 'held@x' });
    await sql.query('BEGIN');
    await sql.query('UPDATE "user" SET age = 9 WHERE id = $1', [user.id]);
    await expectCode(answer({ action: 'change', type: 'user', id: user.id, fields: { age: 1 } }), 'data.unavailable');
    await sql.query('ROLLBACK');
  });
});

describe('exactly once', () => {
  it('makes one change of fifty concurrent repeats, and gives all the same answer', async () => {
    const request = { fields: { name: 'Once' }, type: 'company', key: 'run/step/0', origin: { depth: 2, runId: 'r' } };
    const answers = await Promise.all(Array.from({ length: 50 }, () => answer({ action: 'create', ...request })));
    expect(new Set(answers.map((thing) => JSON.stringify(thing))).size).toBe(1);
    const { rows } = await sql.query<{ n: string }>(`SELECT count(*) AS n FROM company WHERE name = 'Once'`);
    expect(rows[0]?.n).toBe('1');
    expect(await answer({ action: 'create', ...request })).toEqual(answers[0]);
  });

  it('repeats past a unique field, and after the thing has changed or gone', async () => {
    const request = {
      action: 'create',
      type: 'user',
      fields: { email: 'once@x', settings: { a: [1] } },
      key: 'k-create',
    };
    const answers = await Promise.all(Array.from({ length: 50 }, () => answer(request)));
    expect(new Set(answers.map((thing) => JSON.stringify(thing))).size).toBe(1);
    const { id } = answers[0]!;
    const change = { action: 'change', type: 'user', id, fields: { age: 5 }, key: 'k-change' };
    const changed = await Promise.all(Array.from({ length: 50 }, () => answer(change)));
    expect(new Set(changed.map((thing) => thing.updatedAt)).size).toBe(1);
    const remove = { action: 'delete', type: 'user', id, key: 'k-delete' };
    const gone = await Promise.all(Array.from({ length: 50 }, () => answer(remove)));
    expect(gone.every((thing) => thing.age === 5)).toBe(true);
    expect(await answer(request)).toEqual(answers[0]);
    expect(await answer(change)).toEqual(changed[0]);
    expect(await answer(remove)).toEqual(changed[0]);
  });

  it('keeps that there was nothing to change', async () => {
    const id = randomUUID();
    const change = { action: 'change', type: 'user', id, fields: { age: 5 }, key: 'k-nothing' };
    expect(await answer(change)).toBeNull();
    await create('user', { id, email: 'late@x' });
    expect(await answer(change)).toBeNull();
  });

  it('keeps no refusal', async () => {
    await create('user', { email: 'taken@x' });
    const request = { action: 'create', type: 'user', fields: { email: 'taken@x' }, key: 'k-refused' };
    await expectCode(answer(request), 'thing.in_conflict');
    await sql.query(`DELETE FROM "user" WHERE email = 'taken@x'`);
    expect(await answer(request)).toMatchObject({ email: 'taken@x' });
  });
});
