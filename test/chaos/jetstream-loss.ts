import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { waitFor } from '@nightshift/testing';
import { clientOf, countEffects, declareEffects, publish, query } from './application.ts';
import type { Scenario } from './scenario.ts';

/** nats-server dies and its storage is deleted in the middle of many runs: time is lost, nothing else. `size`: runs. */
export const jetstreamLoss: Scenario = {
  name: 'the loss of all of JetStream',
  replicas: 2,
  short: { size: 300 },
  full: { size: 1_000 },
  run: async ({ cluster, size, log }) => {
    const client = clientOf(cluster);
    await declareEffects(client);
    await publish(client, {
      workflow: 'three-effects',
      parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      do: ['a', 'b', 'c'].flatMap((step) => [
        { [step]: { create: { type: 'effects', fields: { what: `="${step}" & $string(parameters.n)` } } } },
        { [`pause_${step}`]: { wait: { milliseconds: 100 } } },
      ]),
    });
    const runIds: string[] = [];
    const start = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) runIds.push((await client.runs.start('three-effects', { n })).runId);
    };
    await start(0, Math.floor(size / 2));
    await cluster.nats.kill();
    await rm(cluster.nats.storageDirectory, { recursive: true, force: true });
    log('nats-server killed, its storage deleted');
    const rest = start(Math.floor(size / 2), size);
    await cluster.nats.restart();
    log('nats-server is back, empty');
    await rest;

    await waitFor(
      async () => {
        const [counted] = await query<{ ended: number }>(
          cluster,
          `SELECT count(*)::int AS ended FROM nightshift.runs WHERE id = ANY($1::uuid[]) AND status = 'succeeded'`,
          [runIds],
        );
        return counted!.ended === size;
      },
      { timeoutMs: 60_000 + size * 50, intervalMs: 250, describe: `${size} runs to end` },
    );
    assert.deepEqual(await countEffects(cluster), { effects: size * 3, repeated: [] });
  },
};
