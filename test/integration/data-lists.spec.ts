import { randomUUID } from 'node:crypto';
import {
  Failure,
  fieldKinds,
  streams,
  subjects,
  type ChangeEvent,
  type FailureCode,
  type Field,
  type FieldKind,
  type Thing,
} from '@nightshift/contracts';
import { migrateData, openCapture, openData, type Capture, type Data } from '@nightshift/data';
import { connectBus, type Bus } from '@nightshift/messaging';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, testServers, waitFor, type TestDatabase } from '@nightshift/testing';
import fc from 'fast-check';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let capture: Capture;
let bus: Bus;
let sql: pg.Client;
const events: ChangeEvent['data'][] = [];

const logger = makeLogger({ app: 'data', level: 'silent' });
const answer = (request: object): Promise<Thing> => data.answer(request) as Promise<Thing>;
const create = (type: string, fields: object) => answer({ action: 'create', type, fields });
const expectCode = async (work: Promise<unknown>, code: FailureCode): Promise<Failure> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).code).toBe(code);
  return failure as Failure;
};
/** What the change event shows of a thing that was just made. */
const shownOf = (id: string): Promise<Thing> =>
  waitFor(() => events.find((event) => event.now?.id === id)?.now, { describe: `the event of ${id}` });

const options = ['low', 'high', `it's "{odd}", \\ NULL`];
const everything = (more: Partial<Field>): Record<string, Field> =>
  Object.fromEntries(
    (Object.keys(fieldKinds) as FieldKind[]).map((kind) => [
      `${kind}s`,
      {
        kind,
        ...more,
        ...(kind === 'option' && { options }),
        ...(kind === 'reference' && { type: 'target' }),
      },
    ]),
  );

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  data = openData({
    url: database.serviceUrls.data,
    connections: 4,
    statementTimeoutMs: 5_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger,
  });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  bus = await connectBus({ url: testServers().natsUrl, name: 'reading' });
  await bus.ensureStreams([streams.changes]);
  await data.declareType({ name: 'target', fields: {} });
  await data.declareType({ name: database.name, fields: everything({ list: true }) });
  await bus.follow(streams.changes, {
    filterSubjects: [subjects.change(database.name, '*')],
    from: 'new',
    onMessage: (message) => void events.push((JSON.parse(message.text) as ChangeEvent).data),
  });
  capture = openCapture({
    url: database.serviceUrls.data,
    natsUrl: testServers().natsUrl,
    natsReplicas: 1,
    slot: `slot_${database.name}`,
    warnBytes: 1e9,
    db: data.pool,
    registry: new Registry(),
    logger,
  });
  await waitFor(() => capture.isReading);
});

afterAll(async () => {
  await capture?.close();
  await bus?.close();
  await sql?.end();
  await data?.close();
  await database?.drop();
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter((some) => !some.includes('\u0000')),
  fc.constantFrom('', 'NULL', 'null', '{}', '{a,b}', '"', '\\', '\\"', ',', ' a ', '\n', '[1:2]={a}', '😀', 'ü'),
);
const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const noZero = (value: unknown): boolean => !JSON.stringify(value).includes('\\u0000');
/** -0 is 0 in JSON. */
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const valueOf: Record<FieldKind, fc.Arbitrary<unknown>> = {
  text,
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean(),
  date: day.map((date) => date.slice(0, 10)),
  dateTime: day.map((date) => date.replace('Z', '000Z')),
  json: fc
    .oneof(
      fc.json({ stringUnit: 'binary' }).map((json) => JSON.parse(json) as unknown),
      text,
    )
    .filter((value) => noZero(value)),
  reference: fc.uuid(),
  option: fc.constantFrom(...options),
  file: fc.uuid(),
};

describe('lists', () => {
  it('keeps any list of any kind, and change events show the same', { timeout: 60_000 }, async () => {
    const lists = fc.record(
      Object.fromEntries(
        Object.entries(valueOf).map(([kind, value]) => [
          `${kind}s`,
          fc.option(fc.array(fc.option(value, { freq: 8 }), { maxLength: 6 })),
        ]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(lists, async (given) => {
        const fields = asJson(given);
        const made = await create(database.name, fields);
        expect(made).toMatchObject(fields);
        expect(await answer({ action: 'get', type: database.name, id: made.id })).toEqual(made);
        expect(await shownOf(made.id)).toEqual(made);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('are real arrays, with an index that finds what is in them', async () => {
    await data.declareType({
      name: 'post',
      fields: {
        tags: { kind: 'text', list: true, indexed: true, required: true, default: ['new', 'a "b"'] },
        readers: { kind: 'reference', type: 'target', list: true },
      },
    });
    const post = await create('post', {});
    expect(post).toMatchObject({ tags: ['new', 'a "b"'], readers: null });
    const { rows } = await sql.query<{ type: string; index: string }>(
      `SELECT pg_typeof(tags)::text AS type, (SELECT indexdef FROM pg_indexes WHERE tablename = 'post' AND indexdef LIKE '%gin%') AS index FROM post`,
    );
    expect(rows).toEqual([{ type: 'text[]', index: expect.stringContaining('USING gin (tags)') as string }]);
    // A reference in a list holds no foreign key, so what it refers to can go.
    const target = await create('target', {});
    const read = await create('post', { readers: [target.id] });
    await answer({ action: 'delete', type: 'target', id: target.id });
    expect(await answer({ action: 'get', type: 'post', id: read.id })).toMatchObject({ readers: [target.id] });
  });

  it('refuses what is no such list, and says which item', async () => {
    for (const [fields, problem] of [
      [{ integers: 1 }, 'must be a list'],
      [{ integers: '{1}' }, 'must be a list'],
      [{ integers: [1, 'x'] }, 'has an item (1) that must be an integer'],
      [{ texts: [['a']] }, 'has an item (0) that must be a text'],
      [{ options: ['low', 'middle'] }, 'has an item (1) that must be one of low, high'],
      [{ references: ['x'] }, 'has an item (0) that must be an id'],
      [{ files: ['x'] }, 'has an item (0) that must be the id of a file'],
    ] as const) {
      const failure = await expectCode(create(database.name, fields), 'thing.invalid');
      expect(failure.details.errors).toEqual([
        { pointer: `/${Object.keys(fields)[0]}`, detail: expect.stringContaining(problem) as string },
      ]);
    }
    await expectCode(
      data.declareType({ name: 'listless', fields: { a: { kind: 'text', list: true, unique: true } } }),
      'type.invalid',
    );
    await expectCode(
      data.declareType({ name: 'listless', fields: { a: { kind: 'integer', list: true, default: [1.5] } } }),
      'type.invalid',
    );
  });
});

describe('operations on lists', () => {
  const operate = (id: string, operations: object) =>
    answer({ action: 'change', type: database.name, id, ...operations });

  it('adds each item once, removes all that are equal, and empties', async () => {
    const { id } = await create(database.name, { texts: ['a', 'b', 'a'], numbers: null, options: ['low'] });
    expect(await operate(id, { addList: { texts: ['c', 'b', 'c', null] }, add: { numbers: 1 } })).toMatchObject({
      texts: ['a', 'b', 'a', 'c', null],
      numbers: [1],
    });
    expect(await operate(id, { addList: { texts: [null, 'a'] } })).toMatchObject({ texts: ['a', 'b', 'a', 'c', null] });
    expect(await operate(id, { remove: { texts: 'a' }, removeList: { numbers: [1, 2] } })).toMatchObject({
      texts: ['b', 'c', null],
      numbers: [],
    });
    expect(await operate(id, { clear: ['texts', 'booleans'] })).toMatchObject({ texts: [], booleans: [] });
    expect(await operate(id, { remove: { jsons: { a: 1 } } })).toMatchObject({ jsons: null });
    expect(await operate(id, { addList: { jsons: [{ a: 1, b: [2] }, 'x'] } })).toMatchObject({
      jsons: [{ a: 1, b: [2] }, 'x'],
    });
    expect(await operate(id, { add: { jsons: { b: [2], a: 1 } } })).toMatchObject({ jsons: [{ a: 1, b: [2] }, 'x'] });
    await expectCode(operate(id, { add: { options: 'middle' } }), 'thing.invalid');
    await expectCode(operate(id, { increment: { numbers: 1 } }), 'thing.invalid');
  });

  it('loses none of many at the same time', async () => {
    const { id } = await create(database.name, {});
    await Promise.all(Array.from({ length: 20 }, (_, n) => operate(id, { add: { integers: n } })));
    const { integers } = await answer({ action: 'get', type: database.name, id });
    expect([...(integers as number[])].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const ids = [id, (await create(database.name, { integers: [7] })).id];
    await data.answer({ action: 'changeList', type: database.name, ids, addList: { integers: [7, 99] } });
    expect(await answer({ action: 'get', type: database.name, id: ids[1]! })).toMatchObject({ integers: [7, 99] });
  });
});

describe('options and files', () => {
  it('holds for plain SQL too', async () => {
    const name = `${'long_'.repeat(12)}xyz`;
    await data.declareType({
      name: 'ticket',
      fields: {
        priority: { kind: 'option', options, required: true, default: 'low' },
        [name]: { kind: 'option', options: ['a'], list: true },
        picture: { kind: 'file' },
      },
    });
    const picture = randomUUID();
    expect(await create('ticket', { priority: options[2], [name]: ['a', null], picture })).toMatchObject({
      priority: options[2],
      [name]: ['a', null],
      picture,
    });
    expect((await data.listTypes()).find((type) => type.name === 'ticket')!.fields).toMatchObject({
      priority: { kind: 'option', options },
      picture: { kind: 'file' },
    });
    await expectCode(create('ticket', { priority: 'middle' }), 'thing.invalid');
    await expect(sql.query(`INSERT INTO ticket (priority) VALUES ('middle')`)).rejects.toThrow('priority_options');
    await expect(sql.query(`UPDATE ticket SET "${name}" = '{b}'`)).rejects.toThrow('_options');
    for (const field of [
      { kind: 'option' },
      { kind: 'option', options: [] },
      { kind: 'option', options: ['a', 'a'] },
      { kind: 'option', options: ['a'], default: 'b' },
      { kind: 'option', options: ['a\u0000'] },
      { kind: 'text', options: ['a'] },
    ])
      await expectCode(data.declareType({ name: 'wrong', fields: { field } }), 'type.invalid');
  });
});

describe('arrays of attached tables', () => {
  it('are lists, whatever they are of', async () => {
    await sql.query(`
      CREATE TYPE mood AS ENUM ('sad', 'very happy');
      CREATE DOMAIN tagged AS text[];
      CREATE TABLE attached (id text PRIMARY KEY, n int2[], m int[][], b boolean[], at timestamp[], c char(3)[], moods mood[], price numeric[], t tagged,
        u uuid[], j json[], span interval[], box box[], shifted text[])`);
    const { fields } = await data.declareType({ name: 'attached', fields: {} });
    expect(fields).toMatchObject({
      n: { kind: 'integer', list: true },
      m: { kind: 'integer', list: true },
      moods: { kind: 'text', list: true },
      t: { kind: 'text', list: true },
      u: { kind: 'text', list: true },
      j: { kind: 'json', list: true },
      box: { kind: 'text' },
    });
    expect(fields['box']).not.toHaveProperty('list');
    await sql.query(
      `INSERT INTO attached VALUES ('a', '{1,NULL}', '{{1,2},{3,4}}', '{t,f}', '{2026-01-02 03:04:05}', '{a,"b c"}', '{sad,"very happy"}', '{1.50}', '{x}',
        '{0190a5f0-0000-7000-8000-000000000000}', '{"{\\"a\\": 1}"}', '{1 day}', '{(1,1),(0,0);(3,3),(2,2)}', '[0:1]={p,q}')`,
    );
    const thing = await answer({ action: 'get', type: 'attached', id: 'a' });
    expect(thing).toEqual({
      id: 'a',
      n: [1, null],
      m: [
        [1, 2],
        [3, 4],
      ],
      b: [true, false],
      at: ['2026-01-02T03:04:05.000000Z'],
      c: ['a', 'b c'],
      moods: ['sad', 'very happy'],
      price: [1.5],
      t: ['x'],
      u: ['0190a5f0-0000-7000-8000-000000000000'],
      j: [{ a: 1 }],
      span: ['1 day'],
      box: '{(1,1),(0,0);(3,3),(2,2)}',
      shifted: ['p', 'q'],
    });
    const changed = await answer({
      action: 'change',
      type: 'attached',
      id: 'a',
      fields: { moods: ['sad'], n: [3] },
      add: { j: { a: 1 }, t: 'y', shifted: 'r' },
      remove: { price: 1.5 },
    });
    expect(changed).toMatchObject({
      moods: ['sad'],
      n: [3],
      j: [{ a: 1 }],
      t: ['x', 'y'],
      shifted: ['p', 'q', 'r'],
      price: [],
    });
    await expectCode(create('attached', { id: 'b', moods: ['angry'] }), 'thing.invalid');
  });
});
