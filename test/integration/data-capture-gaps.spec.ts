import { waitFor } from '@nightshift/testing';
import { afterEach, expect, it } from 'vitest';
import { openCaptureStage, slot, type CaptureStage } from './capture-stage.ts';

let stage: CaptureStage;
afterEach(() => stage?.close(), 60_000);

const open = async (settings?: Record<string, string>, limitBytes?: number): Promise<void> => {
  stage = await openCaptureStage(settings && { settings });
  await stage.data.declareType({ name: 'item', fields: { n: { kind: 'integer' }, text: { kind: 'text' } } });
  await stage.sql.query('ALTER TABLE item ALTER COLUMN text SET STORAGE EXTERNAL');
  await stage.openOne(limitBytes === undefined ? {} : { limitBytes });
  await waitFor(stage.someoneReads);
  await stage.actAsTrigger();
  await insert(1);
  await stage.seen('item', 1);
};
const closeCaptures = async (): Promise<void> => {
  for (const { capture } of stage.captures.splice(0)) await capture.close();
};
/** Numbered rows, on a connection that ends: then Postgres counts them. */
const insert = async (from: number, to = from, bytes = 10): Promise<void> => {
  const client = await stage.connectSql();
  await client.query(
    `INSERT INTO item (n, text) SELECT n, (SELECT string_agg(md5(n || ':' || part), '') FROM generate_series(0, $3::int / 32) AS part) FROM generate_series($1::int, $2::int) AS n`,
    [from, to, bytes],
  );
  await client.end();
};
const numbers = () => stage.eventsOf('item').map(({ now }) => now!.n);
const walBytes = async (): Promise<number> =>
  Number((await stage.sql.query<{ sum: string }>('SELECT sum(size) FROM pg_ls_waldir()')).rows[0]!.sum);
const retained = async (): Promise<number> =>
  Number(/^nightshift_slot_retained_wal_bytes (\S+)/m.exec(await stage.metrics())?.[1] ?? 0);
const gapOf = async (reason: string) =>
  waitFor(() => stage.gaps().find(({ data }) => data.reason === reason)?.data, {
    timeoutMs: 30_000,
    describe: `a gap: ${reason}`,
  });
const expectGoesOn = async (n: number): Promise<void> => {
  await insert(n);
  await waitFor(() => numbers().includes(n), { timeoutMs: 20_000 });
};

it('is given up at the limit, loudly: Postgres stays up, and the report says what is missing', async () => {
  await open({ min_wal_size: '32MB', max_wal_size: '64MB', wal_recycle: 'off' }, 64 * 1024 ** 2);
  await stage.stopTrigger();
  await insert(2, 2_001, 20_000);
  // What a change keeps is visible while nothing is done about it yet.
  await waitFor(async () => (await retained()) > 30 * 1024 ** 2, { timeoutMs: 20_000 });
  await insert(2_002, 3_001, 40_000);
  await waitFor(async () => (await stage.data.listGaps()).some(({ to }) => to.position !== null), {
    timeoutMs: 30_000,
  });
  await stage.sql.query('CHECKPOINT');
  await stage.sql.query('CHECKPOINT');
  expect(await walBytes()).toBeLessThan(150 * 1024 ** 2);
  await stage.actAsTrigger();
  const gap = await gapOf('limit');
  expect(gap.types['item']!.inserted).toBeGreaterThanOrEqual(3_000);
  expect(gap).toMatchObject({
    from: { position: expect.any(String) as string, at: expect.any(String) as string },
    to: { position: expect.any(String) as string, at: expect.any(String) as string },
    detail: expect.stringContaining('more than the limit of 67108864') as string,
  });
  expect(await stage.metrics()).toContain('nightshift_changes_gaps_total{reason="limit"} 1');
  await expectGoesOn(5_000);
}, 120_000);

it('that Postgres has removed is found at the start, and reported', async () => {
  await open({ max_slot_wal_keep_size: '32MB', min_wal_size: '32MB', max_wal_size: '48MB', wal_recycle: 'off' });
  await closeCaptures();
  await insert(2, 4_001, 20_000);
  await stage.sql.query('CHECKPOINT');
  const lost = await stage.sql.query(`SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1`, [slot]);
  expect(lost.rows).toEqual([{ wal_status: 'lost' }]);
  expect(await walBytes()).toBeLessThan(150 * 1024 ** 2);
  await stage.openOne();
  const gap = await gapOf('lost');
  expect(gap.types['item']!.inserted).toBeGreaterThanOrEqual(4_000);
  await expectGoesOn(5_000);
  expect(numbers()).toEqual([1, 5_000]);
}, 120_000);

it('that somebody dropped is reported, and so is what a leader left open that died on the way', async () => {
  await open();
  await closeCaptures();
  await stage.sql.query('SELECT pg_drop_replication_slot($1)', [slot]);
  await insert(2, 11);
  await stage.openOne();
  const gap = await gapOf('dropped');
  expect(gap.types['item']!.inserted).toBeGreaterThanOrEqual(10);
  await expectGoesOn(12);

  await closeCaptures();
  await stage.sql.query('SELECT pg_drop_replication_slot($1)', [slot]);
  await stage.sql.query(
    `INSERT INTO nightshift_data.gaps (slot, reason, from_position, detail) VALUES ($1, 'limit', '0/1', 'left open')`,
    [slot],
  );
  await stage.openOne();
  const left = await gapOf('limit');
  expect(left.to.position).not.toBeNull();
  await expectGoesOn(13);
  expect((await stage.data.listGaps()).map(({ reason }) => reason)).toEqual(['limit', 'dropped']);
}, 60_000);

it('does not exist after a day without the data service: all changes are captured', async () => {
  await open();
  await closeCaptures();
  const count = Number(process.env.TEST_CHANGES ?? 20_000);
  for (let from = 2; from <= count; from += 1_000) await insert(from, Math.min(count, from + 999));
  await stage.openOne();
  await stage.seen('item', count, 60_000 + count / 5);
  expect(numbers()).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  await waitFor(async () => (await stage.confirmedLag()) < 10_000, { timeoutMs: 20_000 });
  expect(await stage.data.listGaps()).toEqual([]);
}, 120_000);
