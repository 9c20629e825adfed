import assert from 'node:assert/strict';
import { waitFor } from '@nightshift/testing';
import { clientOf, publish, query } from './application.ts';
import { killInTurn } from './kill-in-turn.ts';
import type { Scenario } from './scenario.ts';

/** Items that go one after the other do so whatever is killed: none starts before the one before it has ended, and none is left out. */
export const sequenceUnderKills: Scenario = {
  name: 'a list one after the other while everything is killed in turn',
  replicas: 2,
  short: { size: 300 },
  full: { size: 10_000 },
  run: async (context) => {
    const { cluster, size, log } = context;
    const client = clientOf(cluster);
    await publish(client, { workflow: 'one-step', do: [{ draw: { set: '=$random()' } }] });
    const { listId } = await client.lists.create('one-step', {
      items: Array.from({ length: size }, (_, n) => n),
      order: 'sequential',
    });
    const killing = killInTurn(context, size >= 10_000 ? 5_000 : 700);
    try {
      await waitFor(async () => (await client.lists.get(listId).catch(() => undefined))?.status === 'succeeded', {
        timeoutMs: 90_000 + size * 40,
        intervalMs: 200,
        describe: `the list of ${size} to end`,
      });
    } finally {
      log(`${await killing.stop()} kills`);
    }
    const [found] = await query<object>(
      cluster,
      `SELECT count(*)::int AS runs, count(*) FILTER (WHERE started_at < ended_before)::int AS early FROM (
         SELECT started_at, lag(finished_at) OVER (ORDER BY id) AS ended_before FROM nightshift.runs WHERE list_id = $1) AS run`,
      [listId],
    );
    assert.deepEqual(found, { runs: size, early: 0 });
  },
};
