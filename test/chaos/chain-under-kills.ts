import assert from 'node:assert/strict';
import { waitFor } from '@nightshift/testing';
import { clientOf, countEffects, declareEffects, publish } from './application.ts';
import { keepKilling } from './killing.ts';
import type { Scenario } from './scenario.ts';

/** A chain goes through each of its cycles once while executor and scheduler die in turns. `size`: cycles. */
export const chainUnderKills: Scenario = {
  name: 'a chain while executor and scheduler die in turns',
  replicas: 2,
  short: { size: 40 },
  full: { size: 200 },
  run: async (context) => {
    const { cluster, size, log } = context;
    const client = clientOf(cluster);
    await declareEffects(client);
    await publish(client, {
      workflow: 'count-down',
      parameters: { type: 'object', properties: { left: { type: 'integer' } }, required: ['left'] },
      do: [
        { row: { create: { type: 'effects', fields: { what: '="cycle " & $string(parameters.left)' } } } },
        {
          next: {
            if: 'parameters.left > 1',
            // In a moment, so that every cycle passes through the scheduler too.
            schedule: {
              workflow: 'count-down',
              in: { milliseconds: 50 },
              parameters: { left: '=parameters.left - 1' },
            },
          },
        },
      ],
    });
    const { runId } = await client.runs.start('count-down', { left: size });
    const { executor, scheduler } = cluster.services;
    const killing = keepKilling(context, [executor[0]!, scheduler[0]!, executor[1]!, scheduler[1]!], 500);
    try {
      await waitFor(async () => (await client.progress(runId)).done === size, {
        timeoutMs: 60_000 + size * 1_000,
        intervalMs: 200,
        describe: `${size} cycles`,
      });
    } finally {
      log(`${await killing.stop()} kills`);
    }
    const { items } = await client.runs.search({ chain: runId, limit: 1000 });
    assert.deepEqual(
      items.map(({ iteration }) => iteration).sort((a, b) => a - b),
      Array.from({ length: size }, (_, i) => i + 1),
    );
    assert.deepEqual(await countEffects(cluster), { effects: size, repeated: [] });
  },
};
