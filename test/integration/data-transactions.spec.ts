import {
  Failure,
  requests,
  type BegunTransaction,
  type DataAnswer,
  type FailureCode,
  type SearchResult,
  type Thing,
} from '@nightshift/contracts';
import { migrateData, openDataService } from '@nightshift/data';
import { connectBus, type Bus } from '@nightshift/messaging';
import { makeLogger, openService, type OpenService } from '@nightshift/runtime';
import { createTestDatabase, testServers, waitFor, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

let database: TestDatabase;
let bus: Bus;
let sql: pg.Client;
let replicas: OpenService[];

const type = 'booking';
const ask = <T>(subject: string, body: unknown): Promise<T> =>
  bus.request<T>(subject, body, { timeoutMs: 8_000, unavailable: 'data.unavailable' });

interface Begun {
  id: string;
  ask<T = Thing>(request: object | null): Promise<T>;
}
const begin = async (key: string, more: object = {}): Promise<Begun> => {
  const begun = await ask<BegunTransaction>(requests.beginTransaction, { key, ...more });
  if (!('transactionId' in begun)) throw new Error(`the transaction ${key} has been committed before`);
  const id = begun.transactionId;
  return { id, ask: (request) => ask(requests.transaction(id), request) };
};
const answersOf = async (key: string): Promise<DataAnswer[]> => {
  const begun = await ask<BegunTransaction>(requests.beginTransaction, { key });
  if (!('answers' in begun)) throw new Error(`the transaction ${key} has not been committed`);
  return begun.answers;
};
const create = (fields: object) => ({ action: 'create', type, fields });
const commit = { action: 'commit' };
const rollback = { action: 'rollback' };

const rows = async (): Promise<string[]> =>
  (await sql.query<{ name: string }>('SELECT name FROM booking ORDER BY name')).rows.map((row) => row.name);
const refusal = async (work: Promise<unknown>, code: FailureCode): Promise<Failure> => {
  const failure = (await work.then(
    () => undefined,
    (error: unknown) => error,
  )) as Failure;
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.code).toBe(code);
  return failure;
};
/** How many transactions each replica holds. */
const held = (): Promise<number[]> =>
  Promise.all(
    replicas.map(async ({ url }) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^nightshift_data_transactions_open\S* (\d+)$/m.exec(text)?.[1] ?? 0);
    }),
  );
const noneHeld = (): Promise<unknown> =>
  waitFor(async () => (await held()).every((count) => count === 0), { describe: 'no open transaction' });

const openReplica = async (): Promise<OpenService> =>
  openService(
    await openDataService(
      {
        NIGHTSHIFT_HTTP_PORT: 0,
        NIGHTSHIFT_HTTP_HOST: '127.0.0.1',
        NIGHTSHIFT_LOG_LEVEL: 'silent',
        NIGHTSHIFT_NATS_REPLICAS: 1,
        NIGHTSHIFT_NATS_URL: testServers().natsUrl,
        NIGHTSHIFT_DATA_URL: database.serviceUrls.data,
        NIGHTSHIFT_DATA_CONNECTIONS: 4,
        NIGHTSHIFT_DATA_STATEMENT_TIMEOUT_MS: 1_000,
        NIGHTSHIFT_BULK_TIMEOUT_MS: 120_000,
        NIGHTSHIFT_ANSWER_RETENTION_DAYS: 30,
        NIGHTSHIFT_FILE_GRACE_MINUTES: 1440,
        NIGHTSHIFT_SLOT_LAG_WARN_BYTES: 1e9,
        NIGHTSHIFT_SLOT_LIMIT_BYTES: 1e12,
      },
      makeLogger({ app: 'data', level: 'silent' }),
    ),
  );

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  replicas = await Promise.all([openReplica(), openReplica()]);
  bus = await connectBus({ url: testServers().natsUrl, name: 'asking' });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await ask(requests.declareType, {
    name: type,
    fields: { name: { kind: 'text', unique: true }, seats: { kind: 'integer' } },
  });
});

afterAll(async () => {
  await sql?.end();
  await bus?.close();
  await Promise.all((replicas ?? []).map((replica) => replica.close()));
  await database?.drop();
});

beforeEach(async () => {
  await noneHeld();
  await sql.query('TRUNCATE booking');
});

it('shows its changes to itself, and to others when it is committed', async () => {
  const transaction = await begin('commit');
  const made = await transaction.ask(create({ name: 'a', seats: 1 }));
  const answers = [
    made,
    await transaction.ask({ action: 'get', type, id: made.id }),
    await transaction.ask({ action: 'change', type, id: made.id, increment: { seats: 2 } }),
    await transaction.ask({ action: 'copy', type, ids: [made.id], fields: { name: 'b' } }),
    await transaction.ask({ action: 'changeList', type, where: {}, fields: { seats: 7 } }),
    await transaction.ask({
      action: 'search',
      type,
      search: { sort: ['name'], count: true, aggregates: { seats: { sum: 'seats' } } },
    }),
    await transaction.ask({ action: 'get', type, id: 'no-uuid' }),
    await transaction.ask({ action: 'deleteList', type, where: { name: 'b' } }),
  ];
  expect(answers.slice(1)).toMatchObject([
    { seats: 1 },
    { seats: 3 },
    { copied: 1 },
    { changed: 2 },
    { items: [{ name: 'a' }, { name: 'b' }], count: 2, aggregates: { seats: 14 } },
    null,
    { deleted: 1 },
  ]);
  expect(await rows()).toEqual([]);
  expect((await held()).sort()).toEqual([0, 1]);
  expect(await transaction.ask(commit)).toBeNull();
  expect(await rows()).toEqual(['a']);
  expect((await held()).sort()).toEqual([0, 0]);
  expect(await answersOf('commit')).toEqual(answers);
  expect(await answersOf('commit')).toEqual(answers);
  expect(await rows()).toEqual(['a']);
});

it('leaves nothing when it is rolled back, and its key is free', async () => {
  const transaction = await begin('rollback');
  await transaction.ask(create({ name: 'a' }));
  expect(await transaction.ask(rollback)).toBeNull();
  expect(await rows()).toEqual([]);
  const again = await begin('rollback');
  await again.ask(create({ name: 'a' }));
  await again.ask(commit);
  expect(await rows()).toEqual(['a']);
});

it('answers what comes at once in order', async () => {
  const transaction = await begin('order');
  const { id } = await transaction.ask(create({ name: 'a' }));
  const answers = await Promise.all([
    ...Array.from({ length: 30 }, () => transaction.ask({ action: 'change', type, id, increment: { seats: 1 } })),
    transaction.ask(commit),
  ]);
  expect(answers.slice(0, -1).map((thing) => thing.seats)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  expect((await answersOf('order')) as Thing[]).toHaveLength(31);
});

it.each<[string, FailureCode, object | null]>([
  ['a refused change', 'thing.in_conflict', create({ name: 'taken' })],
  ['an unknown field', 'thing.invalid', create({ nmae: 'b' })],
  ['an unknown type', 'type.not_found', { action: 'get', type: 'bookings', id: 'x' }],
  ['a senseless request', 'request.invalid', { action: 'explode', type }],
  ['nothing at all', 'request.invalid', null],
  ['a key of its own', 'request.invalid', { ...create({ name: 'b' }), key: 'own' }],
])('is lost with %s', async (_name, code, wrong) => {
  await ask(requests.data, create({ name: 'taken' }));
  const transaction = await begin(`doomed by ${code}`);
  await transaction.ask(create({ name: 'a' }));
  await refusal(transaction.ask(wrong), code);
  await noneHeld();
  await refusal(transaction.ask(create({ name: 'c' })), 'transaction.lost');
  await refusal(transaction.ask(commit), 'transaction.lost');
  expect(await transaction.ask(rollback)).toBeNull();
  expect(await rows()).toEqual(['taken']);
});

it('is lost with a change that takes too long', async () => {
  const { id } = await ask<Thing>(requests.data, create({ name: 'held' }));
  await sql.query('BEGIN');
  await sql.query('UPDATE booking SET seats = 1 WHERE id = $1', [id]);
  const transaction = await begin('late');
  await transaction.ask(create({ name: 'a' }));
  await refusal(transaction.ask({ action: 'change', type, id, fields: { seats: 2 } }), 'data.unavailable');
  await sql.query('COMMIT');
  await refusal(transaction.ask(commit), 'transaction.lost');
  expect(await rows()).toEqual(['held']);
});

it('of two with one key only the first is committed', async () => {
  const [first, second] = [await begin('twice'), await begin('twice')];
  const made = await first.ask(create({ name: 'first' }));
  await second.ask(create({ name: 'second' }));
  const ends = await Promise.allSettled([first.ask(commit), second.ask(commit)]);
  expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected']);
  const lost = ends.find((end) => end.status === 'rejected')!.reason as Failure;
  expect(lost).toMatchObject({ code: 'transaction.lost' });
  const winner = ends[0].status === 'fulfilled' ? 'first' : 'second';
  expect(await rows()).toEqual([winner]);
  expect(await answersOf('twice')).toMatchObject([winner === 'first' ? made : { name: 'second' }]);
});

it('goes on with a type that has got a field meanwhile', async () => {
  const transaction = await begin('new field');
  await sql.query('ALTER TABLE booking ADD COLUMN IF NOT EXISTS note text');
  expect(await transaction.ask(create({ name: 'a', note: 'x' }))).toMatchObject({ note: 'x' });
  await transaction.ask(commit);
  expect(await rows()).toEqual(['a']);
});

it('is lost with its connection, and nothing else is', async () => {
  const transaction = await begin('connection');
  await transaction.ask(create({ name: 'a' }));
  await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'nightshift data' AND state = 'idle in transaction'`);
  await noneHeld();
  await refusal(transaction.ask(commit), 'transaction.lost');
  expect(await rows()).toEqual([]);
  for (const { url } of replicas) expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

it('leaves room for others, and is refused where there is none', async () => {
  const begun = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => begin(`room ${n}`)));
  const opened = begun.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const refused = begun.filter((one) => one.status === 'rejected').map((one) => (one.reason as Failure).code);
  expect(opened.length).toBeGreaterThan(0);
  // Half of the connections of both replicas.
  expect(opened.length).toBeLessThanOrEqual(4);
  expect(new Set(refused)).toEqual(new Set(['data.unavailable']));
  const others = await Promise.all(
    Array.from({ length: 20 }, (_, n) => ask<Thing>(requests.data, create({ name: `other ${n}` }))),
  );
  expect(others).toHaveLength(20);
  // Who waits in line gets the place of one that ends.
  const waiting = Array.from({ length: 2 }, (_, n) => begin(`line ${n}`));
  await Promise.all(opened.map((transaction) => transaction.ask(rollback)));
  await Promise.all((await Promise.all(waiting)).map((transaction) => transaction.ask(rollback)));
  await noneHeld();
});

it('is given up when nothing is heard of it', async () => {
  const transaction = await begin('idle');
  await transaction.ask(create({ name: 'a' }));
  await noneHeld();
  await refusal(transaction.ask(create({ name: 'b' })), 'transaction.lost');
  expect(await rows()).toEqual([]);
});

it('is undone when the replica that holds it ends, and can be done again elsewhere', async () => {
  const transaction = await begin('killed');
  await transaction.ask(create({ name: 'a' }));
  const holder = replicas[(await held()).indexOf(1)]!;
  replicas = replicas.filter((replica) => replica !== holder);
  await holder.close();
  await refusal(transaction.ask(commit), 'data.unavailable');
  expect(await rows()).toEqual([]);
  const again = await begin('killed');
  await again.ask(create({ name: 'a' }));
  await again.ask(commit);
  expect(await rows()).toEqual(['a']);
  expect((await ask<SearchResult>(requests.data, { action: 'search', type, search: {} })).items).toHaveLength(1);
});
