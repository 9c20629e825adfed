import { Failure, streams, subjects, type ChangeEvent, type DeclareTypeBody, type Thing } from '@nightshift/contracts';
import { migrateData, openCapture, openData, type Capture, type Data } from '@nightshift/data';
import { connectBus, type Bus } from '@nightshift/messaging';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, testServers, waitFor, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: TestDatabase;
let replicas: Data[];
let capture: Capture;
let bus: Bus;
let sql: pg.Client;
const events: ChangeEvent['data'][] = [];

const logger = makeLogger({ app: 'data', level: 'silent' });
const open = (): Data =>
  openData({
    url: database.serviceUrls.data,
    connections: 6,
    statementTimeoutMs: 20_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger,
  });

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  replicas = [open(), open()];
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  bus = await connectBus({ url: testServers().natsUrl, name: 'reading' });
  await bus.ensureStreams([streams.changes]);
  await bus.follow(streams.changes, {
    filterSubjects: [subjects.change(database.name, '*')],
    from: 'new',
    onMessage: ({ text }) => void events.push((JSON.parse(text) as ChangeEvent).data),
  });
  capture = openCapture({
    url: database.serviceUrls.data,
    natsUrl: testServers().natsUrl,
    natsReplicas: 1,
    slot: `slot_${database.name}`,
    warnBytes: 1e9,
    db: replicas[0]!.pool,
    registry: new Registry(),
    logger,
  });
  await waitFor(() => capture.isReading);
});

afterAll(async () => {
  await capture?.close();
  await bus?.close();
  await sql?.end();
  await Promise.all((replicas ?? []).map((replica) => replica.close()));
  await database?.drop();
});

it(
  'writers go on while fields come, go, and become others, and every change is an event',
  { timeout: 120_000 },
  async () => {
    const type = database.name;
    const [first] = replicas as [Data, Data];
    await first.declareType({ name: type, fields: { old: { kind: 'text' }, spare: { kind: 'text' } } });
    /** How a value can be written, as the type is at some moment of the test. */
    const forms = [{ old: '7' }, { value: '7' }, { value: 7 }];
    const written = new Set<string>();
    const refused: unknown[] = [];
    let isOver = false;
    const write = async (data: Data): Promise<void> => {
      for (let form = 0; !isOver;) {
        try {
          const { id } = (await data.answer({ action: 'create', type, fields: forms[form]! })) as Thing;
          written.add(id);
          await data.answer({ action: 'change', type, id, fields: forms[form]! });
        } catch (error) {
          refused.push(error);
          form = (form + 1) % forms.length;
        }
      }
    };
    const writers = [...replicas, ...replicas].map(write);
    const change = async (fields: DeclareTypeBody['fields'], more: Partial<DeclareTypeBody> = {}): Promise<void> => {
      const before = written.size;
      const { hash } = await first.planType({ name: type, fields, ...more });
      await first.declareType({ name: type, fields, ...more, confirm: hash });
      await waitFor(() => written.size >= before + 40, { timeoutMs: 30_000, describe: 'writers that go on' });
    };
    try {
      await change({ added: { kind: 'integer', list: true, default: [1], indexed: true } });
      await change({ value: { kind: 'text', renamedFrom: 'old' } });
      await change({ value: { kind: 'integer', whereUnfit: 'null' } });
      await change({
        added: { kind: 'json' },
        made: { kind: 'dateTime', required: true, default: '2026-11-23T00:00:00Z' },
      });
      await change({ value: { kind: 'integer', indexed: true } }, { drop: ['spare'] });
    } finally {
      isOver = true;
      await Promise.all(writers);
    }
    // Whoever writes what was right a moment ago is told the field.
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) {
      expect(error).toBeInstanceOf(Failure);
      const { code, details } = error as Failure;
      expect(code).toBe('thing.invalid');
      expect(details.errors!.map(({ pointer }) => pointer)).toEqual([expect.stringMatching(/^\/(old|value)$/)]);
    }
    const { rows } = await sql.query<{ id: string; value: string }>(`SELECT id, value::int FROM ${type}`);
    expect(rows.every(({ value }) => Number(value) === 7)).toBe(true);
    const ids = rows.map(({ id }) => id);
    expect([...written].filter((id) => !ids.includes(id))).toEqual([]);
    const created = (): string[] => events.filter(({ kind }) => kind === 'created').map(({ now }) => now!.id);
    await waitFor(() => new Set(created()).size >= ids.length, { timeoutMs: 30_000, describe: 'every event' });
    expect(created().sort()).toEqual([...ids].sort());
    // Each as the type was when it was written.
    for (const { now } of events)
      expect([now!['old'], now!['value']]).toContainEqual(expect.toSatisfy((held) => Number(held) === 7));
  },
);

it('leaves everything as it was when the connection breaks in the middle', async () => {
  const [first] = replicas as [Data, Data];
  await first.declareType({ name: 'other', fields: {} });
  await first.declareType({ name: 'broken', fields: { a: { kind: 'text' }, b: { kind: 'text' } } });
  const thing = (await first.answer({ action: 'create', type: 'broken', fields: { a: '1', b: 'x' } })) as Thing;
  // A foreign key waits for whoever writes what it refers to; the drop and the change of kind come before it.
  await sql.query('BEGIN; INSERT INTO other DEFAULT VALUES');
  const declared = {
    name: 'broken',
    fields: { a: { kind: 'integer' }, c: { kind: 'reference', type: 'other' } },
    drop: ['b'],
  } as const;
  const { hash } = await first.planType(declared);
  const declaring = first.declareType({ ...declared, confirm: hash }).catch((error: unknown) => error);
  const waiting = async (): Promise<string | undefined> => {
    const { rows } = await sql.query<{ pid: string }>(
      `SELECT pid::text FROM pg_locks WHERE relation = 'other'::regclass AND NOT granted`,
    );
    return rows[0]?.pid;
  };
  const pid = await waitFor(waiting);
  await sql.query('SELECT pg_terminate_backend($1)', [pid]);
  expect(await declaring).toMatchObject({ code: 'data.unavailable' });
  await sql.query('ROLLBACK');
  expect(await first.answer({ action: 'get', type: 'broken', id: thing.id })).toEqual(thing);
  expect((await first.listTypes()).find(({ name }) => name === 'broken')!.fields).toEqual({
    a: { kind: 'text' },
    b: { kind: 'text' },
  });
  await first.declareType({ ...declared, confirm: hash });
  expect(await first.answer({ action: 'get', type: 'broken', id: thing.id })).toMatchObject({ a: 1, c: null });
});
