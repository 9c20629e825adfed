import assert from 'node:assert/strict';
import { waitFor } from '@nightshift/testing';
import { clientOf, countEffects, declareEffects, publish, query } from './application.ts';
import { keepKilling } from './killing.ts';
import type { Scenario } from './scenario.ts';

/** Every item of a list runs once while executors die, and what is told of its progress never goes back. */
export const listUnderKills: Scenario = {
  name: 'a list while executors die',
  replicas: 2,
  short: { size: 1_000 },
  full: { size: 10_000 },
  run: async (context) => {
    const { cluster, size, log } = context;
    const client = clientOf(cluster);
    await declareEffects(client);
    await publish(client, {
      workflow: 'item',
      parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      do: [{ row: { create: { type: 'effects', fields: { what: '="item " & $string(parameters.n)' } } } }],
    });
    await publish(client, {
      workflow: 'done',
      do: [
        {
          row: { create: { type: 'effects', fields: { what: '="list completed with " & $string(parameters.total)' } } },
        },
      ],
    });
    const { listId, total } = await client.lists.create('item', {
      items: Array.from({ length: size }, (_, n) => n),
      as: 'n',
      onComplete: 'done',
    });
    assert.equal(total, size);

    const killing = keepKilling(context, cluster.services.executor, size >= 10_000 ? 3_000 : 500);
    let done = 0;
    try {
      await waitFor(
        async () => {
          const progress = await client.progress(listId);
          assert.ok(progress.done >= done, `done fell from ${done} to ${progress.done}`);
          assert.ok(progress.done <= size, `done is ${progress.done} of ${size}`);
          done = progress.done;
          return progress.status === 'succeeded';
        },
        { timeoutMs: 30_000 + size * 20, intervalMs: 100, describe: `the list of ${size} to end` },
      );
    } finally {
      log(`${await killing.stop()} kills`);
    }
    const progress = await client.progress(listId);
    assert.deepEqual(
      { total: progress.total, done: progress.done, succeeded: progress.succeeded, failed: progress.failed },
      { total: size, done: size, succeeded: size, failed: 0 },
    );
    const [runs] = await query<{ runs: number; items: number }>(
      cluster,
      `SELECT count(*)::int AS runs, count(DISTINCT (cause->>'index')::int)::int AS items
       FROM nightshift.runs WHERE list_id = $1 AND status = 'succeeded'`,
      [listId],
    );
    assert.deepEqual(runs, { runs: size, items: size });
    await waitFor(async () => (await countEffects(cluster)).effects === size + 1, { describe: 'onComplete' });
    assert.deepEqual(await countEffects(cluster), { effects: size + 1, repeated: [] });
  },
};
