import assert from 'node:assert/strict';
import { consumers, streams } from '@nightshift/contracts';
import { connectBus } from '@nightshift/messaging';
import { waitFor } from '@nightshift/testing';
import { clientOf, query } from './application.ts';
import type { Scenario } from './scenario.ts';

const CHUNK = 1_000;

/**
 * The data service is away while a day's worth of changes is made. Postgres keeps the log, the gateway says how much, and when the service is
 * back every change becomes an event: none lost, no gap. `size`: changes.
 */
export const dayWithoutData: Scenario = {
  name: 'a day without the data service',
  replicas: 2,
  short: { size: 20_000 },
  full: { size: 2_000_000 },
  run: async ({ cluster, size, log }) => {
    const client = clientOf(cluster);
    await client.types.declare('reading', { n: { kind: 'integer' }, text: { kind: 'text' } });
    const bus = await connectBus({ url: cluster.nats.url, name: 'chaos' });
    try {
      const sequence = async (): Promise<number> => (await bus.streamState(streams.changes))?.lastSequence ?? 0;
      await query(cluster, `INSERT INTO reading (n) VALUES (0)`);
      await waitFor(async () => (await sequence()) > 0, { timeoutMs: 30_000 });
      const before = await sequence();
      for (const service of cluster.services.data) await service.kill();
      log('killed every data service');
      for (let from = 1; from <= size; from += CHUNK)
        await query(
          cluster,
          `INSERT INTO reading (n, text) SELECT n, repeat('x', 200) FROM generate_series($1::int, $2::int) AS n`,
          [from, Math.min(size, from + CHUNK - 1)],
        );
      const [retained] = await query<{ bytes: number }>(
        cluster,
        `SELECT sum(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))::float8 AS bytes FROM pg_replication_slots WHERE database = current_database()`,
      );
      const metrics = await (await fetch(`${cluster.gatewayUrls[0]}/metrics`)).text();
      const shown = Number(/^nightshift_slot_retained_wal_bytes\{[^}]*\} (\S+)/m.exec(metrics)?.[1] ?? 0);
      log(`${size} changes written; Postgres keeps ${retained!.bytes} bytes of log, the gateway shows ${shown}`);
      assert.ok(shown > size * 200, `the gateway shows ${shown} bytes`);

      const startedAt = performance.now();
      for (const service of cluster.services.data) await service.restart();
      await waitFor(async () => (await sequence()) >= before + size, { timeoutMs: 120_000 + size, intervalMs: 100 });
      log(`caught up ${Math.round(performance.now() - startedAt)} ms after the service was started`);
      assert.equal(await sequence(), before + size);
      await waitFor(async () => (await bus.consumerFloor(streams.changes, consumers.trigger)) === before + size, {
        timeoutMs: 120_000 + size,
        intervalMs: 250,
        describe: 'the trigger service to finish',
      });
      assert.deepEqual(await client.changes.gaps(), []);
    } finally {
      await bus.close();
    }
  },
};
