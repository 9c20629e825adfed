import { rmSync } from 'node:fs';
import type { ChangeEvent, Thing } from '@nightshift/contracts';
import { waitFor, type NatsServer, type Postgres } from '@nightshift/testing';
import type { Data } from '@nightshift/data';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCaptureStage, slot, type CaptureStage } from './capture-stage.ts';

let stage: CaptureStage;
let postgres: Postgres;
let nats: NatsServer;
let data: Data;
const { once, eventsOf, seen, create, connectSql } = {
  once: () => stage.once(),
  eventsOf: (type: string) => stage.eventsOf(type),
  seen: (type: string, count: number, timeoutMs?: number) => stage.seen(type, count, timeoutMs),
  create: (type: string, fields: object, more?: object) => stage.create(type, fields, more),
  connectSql: () => stage.connectSql(),
};

beforeAll(async () => {
  stage = await openCaptureStage();
  ({ postgres, nats, data } = stage);
  for (const name of ['item', 'other', 'gap', 'wiped', 'crashed', 'stopped', 'passed'])
    await data.declareType({
      name,
      fields: { n: { kind: 'integer' }, text: { kind: 'text' }, info: { kind: 'json' } },
    });
  await stage.openOne();
  await waitFor(stage.someoneReads);
  await stage.actAsTrigger();
}, 60_000);

afterAll(() => stage?.close(), 60_000);

const transactionOf = ({ id }: ChangeEvent) => ({ id: id.slice(0, id.lastIndexOf('/')), index: 0 });

beforeEach(() => {
  stage.clear();
});

describe('change events', () => {
  it('show what REST shows, with the cause of our own changes', async () => {
    const origin = { runId: '0190-run', depth: 3, actor: 'key-1' };
    const fields = { n: 2 ** 53 - 1, text: 'Zoë "x" \\ \n\u2028', info: { a: [1.5, null, 'ü'] } };
    const thing = await create('item', fields, { key: 'cap-1', origin });
    const changed = (await data.answer({
      action: 'change',
      type: 'item',
      id: thing.id,
      fields: { n: 1 },
      key: 'cap-2',
      origin: { depth: 4 },
    })) as Thing;
    await data.answer({ action: 'delete', type: 'item', id: thing.id, origin });
    await seen('item', 3);
    const [created, second, third] = once();
    expect(created).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9A-F]{8}\/[0-9A-F]{8}\/0$/) as string,
      source: '/nightshift/data',
      type: 'nightshift.change.created',
      subject: thing.id,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      datacontenttype: 'application/json',
      data: {
        type: 'item',
        kind: 'created',
        now: thing,
        changedFields: [],
        origin,
        transaction: transactionOf(created!),
      },
    });
    expect(second!.data).toEqual({
      type: 'item',
      kind: 'changed',
      before: thing,
      now: changed,
      changedFields: ['n'],
      origin: { depth: 4 },
      transaction: transactionOf(second!),
    });
    expect(third!.data).toEqual({
      type: 'item',
      kind: 'deleted',
      before: changed,
      changedFields: [],
      origin,
      transaction: transactionOf(third!),
    });
  });

  it('of many things and of a transaction have their cause too', async () => {
    const things = await Promise.all([1, 2].map((n) => create('item', { n, text: 'many' })));
    await seen('item', 2);
    const [origin, ofTransaction] = [
      { runId: '0190-many', depth: 5 },
      { runId: '0190-transaction', depth: 6 },
    ];
    const many = { type: 'item', where: { text: 'many' }, origin };
    await data.answer({ action: 'changeList', ...many, increment: { n: 10 }, key: 'many-1' });
    await data.answer({ action: 'copy', ...many, fields: { text: 'copy' }, key: 'many-2' });
    await data.answer({ action: 'deleteList', ...many, key: 'many-3' });
    let handle: ((request: unknown) => Promise<unknown>) | undefined;
    const transactions = data.openTransactions((_id, heard) => {
      handle = heard;
      return { close: async () => {} };
    });
    await transactions.begin({ key: 'many-4', origin: ofTransaction });
    await handle!({ action: 'create', type: 'item', fields: { text: 'transaction' } });
    await handle!({ action: 'deleteList', type: 'item', where: { text: 'copy' } });
    await handle!({ action: 'commit' });
    await transactions.close();
    await seen('item', 11);
    const changes = eventsOf('item').slice(2);
    expect(changes.map((change) => [change.kind, change.origin.depth])).toEqual([
      ...['changed', 'changed', 'created', 'created', 'deleted', 'deleted'].map((kind) => [kind, 5]),
      ...['created', 'deleted', 'deleted'].map((kind) => [kind, 6]),
    ]);
    // In which order one statement changes several things is nobody's promise.
    const changed = changes.slice(0, 2).map((change) => change.before!.id);
    expect(changed.sort()).toEqual(things.map((thing) => thing.id).sort());
  });

  it('come from plain SQL, with depth 0, and not from what changes nothing', async () => {
    const { id } = await create('item', { n: 1, text: 'before' });
    await stage.sql.query(`UPDATE item SET text = 'now' WHERE id = $1`, [id]);
    await stage.sql.query(`UPDATE item SET text = 'now' WHERE id = $1`, [id]);
    await stage.sql.query(`UPDATE item SET "updatedAt" = now() + interval '1 day' WHERE id = $1`, [id]);
    await stage.sql.query('DELETE FROM item WHERE id = $1', [id]);
    await seen('item', 3);
    const [, changed, deleted] = eventsOf('item');
    expect(eventsOf('item')).toHaveLength(3);
    expect(changed).toMatchObject({
      kind: 'changed',
      before: { text: 'before', n: 1 },
      now: { text: 'now', n: 1 },
      changedFields: ['text'],
      origin: { depth: 0 },
    });
    expect(deleted).toMatchObject({ kind: 'deleted', before: { text: 'now' } });
  });

  it('keep the order within a transaction, and come from none that was rolled back', async () => {
    await stage.sql.query('BEGIN; INSERT INTO other (n) SELECT generate_series(1000, 1100); ROLLBACK');
    await stage.sql
      .query(`BEGIN; INSERT INTO other (n) VALUES (1); SAVEPOINT s; INSERT INTO other (n) VALUES (-1); ROLLBACK TO s;
      INSERT INTO other (n) SELECT generate_series(2, 500); UPDATE other SET n = n + 1000; DELETE FROM other WHERE n <= 1010; COMMIT`);
    await seen('other', 1010);
    const all = once();
    expect(all.map((event) => Number(event.id.split('/')[2]))).toEqual([...Array(1010).keys()]);
    expect(new Set(all.map((event) => event.time)).size).toBe(1);
    const of = (kind: string) =>
      all.filter((event) => event.data.kind === kind).map((event) => (event.data.now ?? event.data.before)!.n);
    expect(of('created')).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(of('changed')).toEqual(Array.from({ length: 500 }, (_, index) => index + 1001));
    expect(of('deleted')).toEqual(Array.from({ length: 10 }, (_, index) => index + 1001));
  });

  it('hold large values that an update left alone', async () => {
    const text = Array.from({ length: 40_000 }, (_, index) => index.toString(36)).join('');
    const { id } = await create('item', { n: 1, text });
    await stage.sql.query('UPDATE item SET n = 2 WHERE id = $1', [id]);
    await seen('item', 2);
    expect(eventsOf('item')[1]).toMatchObject({ changedFields: ['n'], before: { n: 1, text }, now: { n: 2, text } });
  });

  it('over a megabyte hold ids only, and are counted', async () => {
    const { id } = await create('item', { n: 1, text: 'x'.repeat(900_000) });
    await stage.sql.query(`UPDATE item SET text = 'y' || text WHERE id = $1`, [id]);
    await seen('item', 2);
    expect(eventsOf('item')[1]).toEqual({
      type: 'item',
      kind: 'changed',
      before: { id },
      now: { id },
      changedFields: ['text'],
      origin: { depth: 0 },
      transaction: { id: expect.any(String) as string, index: 0 },
      incomplete: 'size',
    });
    expect(await stage.metrics()).toContain('nightshift_changes_trouble_total{trouble="oversize"} 1');
  });

  it('follow a type that gets a new field', async () => {
    await create('other', { n: 1 });
    await data.declareType({ name: 'other', fields: { added: { kind: 'boolean', default: true } } });
    await create('other', { n: 2 });
    await seen('other', 2);
    expect(eventsOf('other').map((change) => change.now!.added)).toEqual([undefined, true]);
  });
});

describe('what the log keeps', () => {
  it('is let go while only other tables are written', async () => {
    await stage.sql.query('CREATE TABLE IF NOT EXISTS noise (n int)');
    await stage.sql.query('INSERT INTO noise SELECT generate_series(1, 50000)');
    await waitFor(async () => (await stage.confirmedLag()) < 10_000, {
      timeoutMs: 10_000,
      describe: 'the slot to advance',
    });
  });

  it('is held until the trigger service has finished', async () => {
    await stage.stopTrigger();
    await create('gap', { n: 1, text: 'x'.repeat(100_000) });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await stage.confirmedLag()).toBeGreaterThan(1_000);
    await stage.actAsTrigger();
    await seen('gap', 1);
    await waitFor(async () => (await stage.confirmedLag()) < 1_000, {
      timeoutMs: 10_000,
      describe: 'the slot to advance',
    });
  });
});

/** Writes numbered rows, one transaction each, until told to stop; answers with how many were committed for certain. */
const writeRows = (table: string): { stop: () => Promise<number> } => {
  let isStopped = false;
  const writing = (async () => {
    let client: pg.Client | undefined;
    let n = 1;
    while (!isStopped) {
      try {
        client ??= await connectSql();
        await client.query(`INSERT INTO ${table} (n) SELECT $1 WHERE NOT EXISTS (SELECT FROM ${table} WHERE n = $1)`, [
          n,
        ]);
        n++;
      } catch {
        await client?.end().catch(() => {});
        client = undefined;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await client?.end();
    return n - 1;
  })();
  return {
    stop: () => {
      isStopped = true;
      return writing;
    },
  };
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const expectAllInOrder = async (table: string, count: number): Promise<void> => {
  await seen(table, count, 25_000);
  expect(eventsOf(table).map((change) => change.now!.n)).toEqual(
    Array.from({ length: count }, (_, index) => index + 1),
  );
};

describe('faults', () => {
  it('lose nothing when the relay dies: a standby goes on within three seconds', async () => {
    await stage.openOne();
    const rows = writeRows('passed');
    await pause(500);
    const killed = await connectSql();
    const startedAt = Date.now();
    await killed.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'leadership of change capture%' AND state = 'idle'`,
    );
    await killed.end();
    const count = eventsOf('passed').length;
    await waitFor(() => eventsOf('passed').length > count + 20 && stage.someoneReads(), { timeoutMs: 3_000 });
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    for (let round = 0; round < 3; round++) {
      await stage.sql.query(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1`, [
        slot,
      ]);
      await pause(300);
    }
    await expectAllInOrder('passed', await rows.stop());
  });

  it('lose nothing, and keep the order, when the storage of the stream is deleted', async () => {
    const rows = writeRows('wiped');
    for (let round = 0; round < 2; round++) {
      await pause(700);
      await nats.kill();
      rmSync(nats.storageDirectory, { recursive: true, force: true });
      await nats.restart();
    }
    await pause(1_000);
    await expectAllInOrder('wiped', await rows.stop());
  });

  it('lose nothing when the message server is away for a while', async () => {
    const rows = writeRows('stopped');
    await pause(300);
    await nats.stop();
    await pause(1_000);
    await nats.restart();
    await expectAllInOrder('stopped', await rows.stop());
  });

  it('lose nothing when Postgres is killed', async () => {
    const rows = writeRows('crashed');
    for (let round = 0; round < 2; round++) {
      await pause(700);
      // The second time politely: Postgres waits for its replication connections, and must not wait for ours.
      if (round === 0) await postgres.kill();
      await postgres.restart();
    }
    await pause(1_000);
    await expectAllInOrder('crashed', await rows.stop());
    await stage.reconnectSql();
    expect(await create('crashed', { n: 0 })).toMatchObject({ n: 0 });
  });
});
