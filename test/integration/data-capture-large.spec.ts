import { createHash } from 'node:crypto';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCaptureStage, type CaptureStage } from './capture-stage.ts';

let stage: CaptureStage;
const declare = (name: string) =>
  stage.data.declareType({ name, fields: { n: { kind: 'integer' }, text: { kind: 'text' } } });
const numbers = (type: string) => stage.eventsOf(type).map(({ now, before }) => (now ?? before)!.n);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => index + from);

beforeAll(async () => {
  stage = await openCaptureStage({ settings: { max_prepared_transactions: '4' } });
  for (const name of ['item', 'bulk', 'huge', 'phased', 'busy']) await declare(name);
  await stage.openOne();
  await waitFor(stage.someoneReads);
  await stage.actAsTrigger();
}, 60_000);
afterAll(() => stage?.close(), 60_000);
beforeEach(() => stage.clear());

describe('a transaction', () => {
  it('may be larger than what is kept in memory: in order, and each thing with what it became', async () => {
    await stage.sql
      .query(`BEGIN; INSERT INTO bulk (n, text) SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) AS n;
      UPDATE bulk SET n = n + 100000 WHERE n <= 100; DELETE FROM bulk WHERE n BETWEEN 101 AND 200; COMMIT`);
    await stage.seen('bulk', 40_200, 60_000);
    expect(numbers('bulk')).toEqual([...upTo(40_000), ...upTo(100, 100_001), ...upTo(100, 101)]);
    const events = stage.eventsOf('bulk');
    expect(events.filter(({ superseded }) => superseded)).toHaveLength(200);
    expect(events.filter(({ net }) => net === null)).toHaveLength(100);
    expect(events.filter(({ net }) => net?.kind === 'created')).toHaveLength(100);
    expect(events.map(({ transaction }) => transaction.index)).toEqual(upTo(40_200, 0));
  }, 90_000);

  it('may be committed in two phases: its changes come with the commit', async () => {
    await stage.sql.query(`BEGIN; INSERT INTO phased (n) VALUES (1); PREPARE TRANSACTION 'first'`);
    await stage.sql.query(`BEGIN; INSERT INTO phased (n) VALUES (2); PREPARE TRANSACTION 'second'`);
    await stage.sql.query(`INSERT INTO phased (n) VALUES (3)`);
    await stage.sql.query(`COMMIT PREPARED 'first'`);
    await stage.sql.query(`ROLLBACK PREPARED 'second'`);
    await stage.sql.query(`INSERT INTO phased (n) VALUES (4)`);
    await stage.seen('phased', 3);
    expect(numbers('phased')).toEqual([3, 1, 4]);
  });

  it('may hold messages of others', async () => {
    await stage.sql
      .query(`BEGIN; SELECT pg_logical_emit_message(true, 'other', 'not ours'), pg_logical_emit_message(false, 'nightshift', 'no JSON');
      INSERT INTO item (n) VALUES (1); SELECT pg_logical_emit_message(true, 'nightshift', 'no JSON'); INSERT INTO item (n) VALUES (2); COMMIT`);
    await stage.seen('item', 2);
    expect(numbers('item')).toEqual([1, 2]);
    expect(stage.eventsOf('item').map(({ origin }) => origin)).toEqual([{ depth: 0 }, { depth: 0 }]);
    expect(await stage.metrics()).toContain('nightshift_changes_trouble_total{trouble="origin"} 1');
  });
});

describe('a row', () => {
  it('of 50 MB is told with its id, and capture goes on', async () => {
    await stage.sql.query('ALTER TABLE huge ALTER COLUMN text SET STORAGE EXTERNAL');
    await stage.sql.query(`INSERT INTO huge (n, text) VALUES (1, repeat('x', 50000000))`);
    await stage.sql.query(`UPDATE huge SET n = 2`);
    await stage.sql.query(`INSERT INTO huge (n) VALUES (3)`);
    await stage.seen('huge', 3, 60_000);
    const [created, changed, small] = stage.eventsOf('huge');
    expect(created!.now).toEqual({ id: expect.any(String) as string });
    expect(created!.incomplete).toBe('size');
    expect(changed).toMatchObject({ changedFields: ['n'], incomplete: 'size' });
    expect(small!.now).toMatchObject({ n: 3 });
    expect(await stage.metrics()).toContain('nightshift_changes_trouble_total{trouble="oversize"} 2');
  }, 90_000);

  it('holds large values that an update left alone, also in what a transaction did as a whole', async () => {
    await stage.sql.query(
      `INSERT INTO item (n, text) SELECT 7, string_agg(md5(part::text), '') FROM generate_series(1, 2000) AS part`,
    );
    await stage.sql.query(`BEGIN; UPDATE item SET n = 8 WHERE n = 7; UPDATE item SET n = 9 WHERE n = 8; COMMIT`);
    await stage.seen('item', 3);
    const [created, , last] = stage.eventsOf('item');
    const digest = (text: unknown) => createHash('md5').update(String(text)).digest('hex');
    for (const thing of [last!.before!, last!.now!, last!.net!.before!])
      expect(digest(thing.text)).toBe(digest(created!.now!.text));
    expect(last).toMatchObject({ changedFields: ['n'], net: { changedFields: ['n'] } });
  });
});

describe('a type is captured from its first committed change', () => {
  it('when it is declared, and written to at once by others', async () => {
    for (let round = 1; round <= 5; round++) {
      const name = `fresh${round}`;
      const declared = declare(name);
      const writer = await stage.connectSql();
      let n = 0;
      // What fails is before the declaration.
      while (n < 20)
        await writer.query(`INSERT INTO ${name} (n) VALUES ($1)`, [n + 1]).then(
          () => n++,
          () => {},
        );
      await declared;
      await writer.end();
      await stage.seen(name, 20);
      expect(numbers(name)).toEqual(upTo(20));
    }
  }, 60_000);

  it('when a busy table is attached', async () => {
    const writer = await stage.connectSql();
    await writer.query('CREATE TABLE attached (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int)');
    let [n, isOver] = [0, false];
    const writing = (async () => {
      while (!isOver) await writer.query('INSERT INTO attached (n) VALUES ($1)', [++n]);
    })();
    await waitFor(() => n > 50);
    await stage.data.declareType({ name: 'attached', fields: {} });
    const attachedAt = n + 1;
    await waitFor(() => n > attachedAt + 50);
    isOver = true;
    await writing;
    await writer.end();
    await waitFor(() => numbers('attached').includes(n), { timeoutMs: 20_000 });
    const seen = numbers('attached');
    expect(seen[0]).toBeLessThanOrEqual(attachedAt);
    expect(seen).toEqual(upTo(seen.length, seen[0] as number));
  }, 60_000);
});
