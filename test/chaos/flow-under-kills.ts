import assert from 'node:assert/strict';
import { waitFor } from '@nightshift/testing';
import { clientOf, publish, query } from './application.ts';
import { keepKilling } from './killing.ts';
import type { Scenario } from './scenario.ts';

const PER_KEY = 5;

/** A flow's limit per key holds, and so does the order within each key, while executors and schedulers die; nothing is left behind. */
export const flowUnderKills: Scenario = {
  name: 'a flow while executors and schedulers die',
  replicas: 2,
  short: { size: 1_000 },
  full: { size: 100_000 },
  run: async (context) => {
    const { cluster, size, log } = context;
    const client = clientOf(cluster);
    const keys = size / 100;
    await publish(client, {
      workflow: 'limited',
      flow: { key: `=parameters.n % ${String(keys)}`, concurrency: { perKey: PER_KEY } },
      do: [{ work: { wait: { milliseconds: 20 } } }],
    });
    const beganAt = Date.now();
    await client.lists.create('limited', { items: Array.from({ length: size }, (_, n) => n), as: 'n' });
    const { scheduler, executor } = cluster.services;
    const killing = keepKilling(context, [...scheduler, ...executor], size >= 10_000 ? 5_000 : 700);
    const ended = async (): Promise<number> => {
      const [row] = await query<{ ended: number }>(
        cluster,
        `SELECT count(*)::int AS ended FROM nightshift.runs WHERE workflow = 'limited' AND finished_at IS NOT NULL`,
      );
      return row!.ended;
    };
    try {
      await waitFor(async () => (await ended()) === size, {
        timeoutMs: 60_000 + size * 20,
        intervalMs: size >= 10_000 ? 2_000 : 200,
        describe: `${size} runs to end`,
      });
    } finally {
      log(`${await killing.stop()} kills`);
    }
    log(`${size} runs of ${keys} keys in ${((Date.now() - beganAt) / 1000).toFixed(1)} s`);
    const [most] = await query<{ most: number }>(
      cluster,
      `WITH moves AS (
         SELECT (cause ->> 'index')::int % ${keys} AS key, started_at AS at, 1 AS by FROM nightshift.runs WHERE workflow = 'limited'
         UNION ALL
         SELECT (cause ->> 'index')::int % ${keys}, finished_at, -1 FROM nightshift.runs WHERE workflow = 'limited')
       SELECT max(running)::int AS most FROM (SELECT sum(by) OVER (PARTITION BY key ORDER BY at, by) AS running FROM moves) AS sums`,
    );
    assert.ok(most!.most <= PER_KEY, `${most!.most} runs of one key were under way at once`);
    const [order] = await query<{ overtaken: number }>(
      cluster,
      `SELECT count(*)::int AS overtaken FROM (
         SELECT started_at < lag(started_at) OVER (PARTITION BY (cause ->> 'index')::int % ${keys} ORDER BY (cause ->> 'index')::int) AS is_earlier
         FROM nightshift.runs WHERE workflow = 'limited') AS steps WHERE is_earlier`,
    );
    assert.equal(order!.overtaken, 0, 'runs started before earlier ones of their key');
    const [statuses] = await query<{ succeeded: number }>(
      cluster,
      `SELECT count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded FROM nightshift.runs WHERE workflow = 'limited'`,
    );
    assert.equal(statuses!.succeeded, size);
    await waitFor(
      async () => {
        const [left] = await query<{ left: number }>(
          cluster,
          'SELECT (SELECT count(*) FROM nightshift.flow_runs)::int + (SELECT count(*) FROM nightshift.flow_keys)::int AS left',
        );
        return left!.left === 0;
      },
      { describe: 'the queue to be empty' },
    );
  },
};
