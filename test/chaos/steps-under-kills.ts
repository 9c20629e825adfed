import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor, type Cluster } from '@nightshift/testing';
import { clientOf, countEffects, declareEffects, publish, query } from './application.ts';
import type { Scenario } from './scenario.ts';

/** Increments, and as many creations. */
const PAIRS = 10;

/** Where a run can stand between two steps: after so many of them. The last step and the run's end are one commit. */
const POINTS = 2 * PAIRS;

/** Between the starts of two runs. Closer together, and they share their commits and stand at the same point; further apart, few are hit. */
const INTERVAL_MS = 12;

/** How long an executor lives. Shorter, and it does not get through what waited for it; longer, and there are few kills. */
const LIFE_MS = { least: 1_000, most: 3_000 };

/**
 * A run that creates a counter and goes through ten increments of it and ten other creations goes on where it was, wherever its executor
 * dies: each of its changes happens once. Kills until enough runs have been hit at every point. `size`: hits of each point.
 */
export const stepsUnderKills: Scenario = {
  name: 'many data steps while the executor dies',
  replicas: 1,
  short: { size: 3 },
  full: { size: 100 },
  run: async ({ cluster, size, random, log }) => {
    const client = clientOf(cluster);
    await declareEffects(client);
    await client.types.declare('counters', { n: { kind: 'integer', default: 0 } });
    const pairs = Array.from({ length: PAIRS }, (_, pair) => [
      { [`up_${pair}`]: { change: { type: 'counters', id: '=counter.id', increment: { n: 1 } } } },
      { [`row_${pair}`]: { create: { type: 'effects', fields: { what: `=run.id & ' step ${pair}'` } } } },
    ]);
    await publish(client, {
      workflow: 'many-steps',
      do: [{ counter: { create: { type: 'counters', fields: { n: 0 } } } }, ...pairs.flat()],
    });
    const { listId } = await client.lists.create('many-steps', {
      items: Array.from({ length: size * 2_000 }, (_, index) => index),
      interval: { milliseconds: INTERVAL_MS },
    });

    const [executor] = cluster.services.executor;
    const hits = Array.from({ length: POINTS + 1 }, () => 0);
    let kills = 0;
    while (hits.slice(1).some((count) => count < size)) {
      const upSince = new Date();
      await delay(LIFE_MS.least + random() * (LIFE_MS.most - LIFE_MS.least));
      await executor!.kill();
      kills++;
      for (const steps of await standing(cluster, upSince)) hits[steps]!++;
      log(`kill ${kills}: runs hit after each number of steps: ${hits.slice(1).join(' ')}`);
      await executor!.restart();
    }
    await client.lists.cancel(listId);
    await assertOnce(cluster);
  },
};

/** After how many steps each of the runs stands that the dead executor had in its hands. */
const standing = async (cluster: Cluster, upSince: Date): Promise<number[]> => {
  const rows = await query<{ steps: number }>(
    cluster,
    `SELECT count(*) FILTER (WHERE type = 'StepCompleted')::int AS steps FROM nightshift.run_events
     WHERE run_id = ANY(ARRAY(SELECT id FROM nightshift.runs WHERE workflow = 'many-steps' AND finished_at IS NULL AND started_at IS NOT NULL))
     GROUP BY run_id HAVING max(at) > $1`,
    [upSince],
  );
  return rows.map(({ steps }) => steps);
};

const assertOnce = async (cluster: Cluster): Promise<void> => {
  await waitFor(
    async () => {
      const open = await query(cluster, 'SELECT FROM nightshift.runs WHERE finished_at IS NULL LIMIT 1');
      return open.length === 0;
    },
    { timeoutMs: 60_000, intervalMs: 100, describe: 'all runs to end' },
  );
  // Those that had not started when the list was cancelled never did.
  const [ended, ...others] = await query<{ status: string; runs: number }>(
    cluster,
    'SELECT status, count(*)::int AS runs FROM nightshift.runs WHERE started_at IS NOT NULL GROUP BY status',
  );
  assert.deepEqual(others, []);
  const { status, runs } = ended!;
  assert.equal(status, 'succeeded');
  // An executor that died may have done the first step of a run that was cancelled before that was recorded, and nothing after it.
  const counted = await query(cluster, 'SELECT n::int, count(*)::int AS counters FROM counters WHERE n > 0 GROUP BY n');
  assert.deepEqual(counted, [{ n: PAIRS, counters: runs }]);
  assert.deepEqual(await countEffects(cluster), { effects: runs * PAIRS, repeated: [] });
};
