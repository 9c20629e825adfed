import { openLedger, type Ledger } from '@nightshift/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestedRun } from './requested-run.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

/**
 * Postgres counts the rows of a table now and then, and plans for what it counted. Tables like those of timers are empty one moment and
 * full the next; what is done with them must not take a time that grows with the square of their rows until Postgres looks again.
 * At the sizes here that would be minutes.
 */

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform();
  await platform.client.types.declare('items', { name: { kind: 'text' }, price: { kind: 'integer', default: 0 } });
  // Counted when empty, and never again.
  await platform.query(`
    DO $$
    DECLARE part record;
    BEGIN
      FOR part IN
        SELECT relnamespace::regnamespace::text AS schema, relname::text AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace IN ('nightshift'::regnamespace, 'nightshift_data'::regnamespace, 'public'::regnamespace)
      LOOP
        EXECUTE format('ALTER TABLE %I.%I SET (autovacuum_enabled = off)', part.schema, part.name);
        PERFORM pg_restore_relation_stats(
          'schemaname', part.schema, 'relname', part.name, 'relpages', 100::integer, 'reltuples', 0::real);
      END LOOP;
    END $$`);
});
afterAll(() => platform?.close());

describe('with statistics from when tables were empty', () => {
  it('thirty thousand things are changed, and deleted', async () => {
    await platform.query(`INSERT INTO items (name) SELECT 'item ' || n FROM generate_series(1, 30000) AS n`);
    await platform.publish('price-and-clear', {
      do: [
        { priced: { changeList: { type: 'items', where: {}, increment: { price: 1 } } } },
        { cleared: { delete: { type: 'items', where: { price: 1 } } } },
      ],
      return: '=[priced.changed, cleared.deleted]',
    });
    expect(await platform.run('price-and-clear')).toMatchObject({ status: 'succeeded', result: [30_000, 30_000] });
  });

  it('twenty thousand timers fire together', async () => {
    const ledger: Ledger = await openLedger({ url: platform.databaseUrl, applicationName: 'test' });
    try {
      const inAnHour = new Date(Date.now() + 3_600_000);
      const runs = Array.from({ length: 20_000 }, () => requestedRun({ dueAt: inAnHour.toISOString() }));
      await Promise.all(runs.map((run) => ledger.runs.request(run)));
      const timers = runs.map(({ runId }) => ({ runId, kind: 'start' }));
      expect(await ledger.timers.fire(timers, inAnHour)).toHaveLength(20_000);
    } finally {
      await ledger.close();
    }
  });
});
