import assert from 'node:assert/strict';
import { waitFor } from '@nightshift/testing';
import { clientOf, countEffects, declareEffects, publish } from './application.ts';
import type { Scenario } from './scenario.ts';

/** A schedule outlives the death of everything, and runs once. `size`: seconds until it is due. */
export const scheduleSurvives: Scenario = {
  name: 'a schedule survives the death of everything',
  replicas: 1,
  short: { size: 10 },
  full: { size: 60 },
  run: async ({ cluster, size, log }) => {
    const client = clientOf(cluster);
    await declareEffects(client);
    await publish(client, {
      workflow: 'remember',
      do: [{ row: { create: { type: 'effects', fields: { what: '=run.id' } } } }],
    });
    const { runId, dueAt } = await client.schedules.create('remember', { in: { seconds: size } });
    const services = Object.values(cluster.services).flat();
    await Promise.all([...services.map((service) => service.kill()), cluster.nats.kill(), cluster.postgres.kill()]);
    log('killed every service, nats-server and Postgres');
    await cluster.postgres.restart();
    await cluster.nats.restart();
    await Promise.all(services.map((service) => service.restart()));
    log('everything is back');

    const run = await waitFor(
      async () => {
        const view = await client.runs.get(runId);
        return view.finishedAt ? view : undefined;
      },
      { timeoutMs: (size + 30) * 1000, intervalMs: 250, describe: 'the scheduled run to end' },
    );
    assert.equal(run.status, 'succeeded');
    assert.ok(run.startedAt! >= dueAt, `started at ${run.startedAt}, due at ${dueAt}`);
    assert.deepEqual(await countEffects(cluster), { effects: 1, repeated: [] });
  },
};
