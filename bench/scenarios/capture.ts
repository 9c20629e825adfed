import { streams } from '@nightshift/contracts';
import { connectBus, type Bus } from '@nightshift/messaging';
import { waitFor } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';

export interface CaptureFigures {
  changes: number;
  /** Changes per second until the last one is acknowledged, written before the data service was there to read them. */
  preparedPerSecond: number;
  /** The same with the writer on the same machine, from its first statement. */
  livePerSecond: number;
  /** What the writer alone has reached meanwhile. */
  writtenPerSecond: number;
}

/** Half are inserts, half updates of one row, each a transaction of its own that does not wait for the disk. */
const write = async ({ database }: Platform, changes: number): Promise<number> => {
  const beganAt = performance.now();
  await database.query('set synchronous_commit = off');
  await database.query(`do $$ begin for i in 1..${changes / 2} loop
      insert into reading (n, text, price, ok) values (i, 'the quick brown fox jumps over ' || i, i * 1.5, true);
      commit;
      update reading set price = price + 1 where n = i;
      commit;
    end loop; end $$`);
  await database.query('reset synchronous_commit');
  return performance.now() - beganAt;
};

/** When the stream held its first and its last message above a position. */
const watch = async (bus: Bus, from: number, count: number): Promise<{ firstAt: number; lastAt: number }> => {
  let firstAt: number | undefined;
  await waitFor(
    async () => {
      const { lastSequence } = (await bus.streamState(streams.changes))!;
      if (lastSequence > from) firstAt ??= performance.now();
      return lastSequence >= from + count;
    },
    { timeoutMs: 300_000, intervalMs: 20, describe: `${count} changes to be acknowledged` },
  );
  return { firstAt: firstAt!, lastAt: performance.now() };
};

/** How fast changes go from the log to JetStream, acknowledged, while the trigger service reads them too. */
export const measureCapture = async (platform: Platform, changes: number): Promise<CaptureFigures> => {
  const { api, cluster, database } = platform;
  const kinds = { n: 'integer', text: 'text', price: 'number', ok: 'boolean' };
  const fields = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, { kind }]));
  await api.send('PUT', '/v1/types/reading', { fields });
  await database.query('create index on reading (n)');
  const bus = await connectBus({ url: cluster.nats.url, name: 'bench' });
  const lastSequence = async (): Promise<number> => (await bus.streamState(streams.changes))!.lastSequence;
  try {
    // Both sides warm.
    const start = await lastSequence();
    await write(platform, 10_000);
    await watch(bus, start, 10_000);

    for (const service of cluster.services.data) await service.kill();
    const beforePrepared = await lastSequence();
    await write(platform, changes);
    for (const service of cluster.services.data) await service.restart();
    const prepared = await watch(bus, beforePrepared, changes);

    const beforeLive = await lastSequence();
    await database.query('truncate reading');
    const truncated = changes / 2 + 5_000;
    await watch(bus, beforeLive, truncated);
    const beganAt = performance.now();
    const [written, live] = await Promise.all([write(platform, changes), watch(bus, beforeLive + truncated, changes)]);
    const perSecond = (ms: number): number => (changes / ms) * 1_000;
    return {
      changes,
      preparedPerSecond: perSecond(prepared.lastAt - prepared.firstAt),
      livePerSecond: perSecond(live.lastAt - beganAt),
      writtenPerSecond: perSecond(written),
    };
  } finally {
    await bus.close();
  }
};
