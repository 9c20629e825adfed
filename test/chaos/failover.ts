import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor, type ServiceName } from '@nightshift/testing';
import { clientOf, declareEffects, publish, query } from './application.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** The longest that work may stand still when a replica dies. */
const STALL_MAX_MS = 5_000;

/** Killing a replica of data, scheduler or trigger stalls nothing for more than five seconds. `size`: times each is killed. */
export const failover: Scenario = {
  name: 'the death of one of two',
  replicas: 2,
  short: { size: 1 },
  full: { size: 5 },
  run: async (context) => {
    const { cluster, size } = context;
    const client = clientOf(cluster);
    await declareEffects(client);
    await client.types.declare('tickets', { n: { kind: 'integer' } });
    const effect = (what: string) => [{ row: { create: { type: 'effects', fields: { what, at: '=$now()' } } } }];
    await publish(client, { workflow: 'scheduled', do: effect('scheduled') });
    await publish(client, {
      workflow: 'triggered',
      triggers: [{ change: 'tickets', kinds: ['created'] }],
      do: effect('triggered'),
    });
    const probes: Record<'scheduled' | 'triggered', () => Promise<unknown>> = {
      scheduled: () => client.schedules.create('scheduled', { in: { milliseconds: 100 } }),
      triggered: () => query(cluster, 'INSERT INTO tickets (n) VALUES (1)'),
    };
    for (const service of ['data', 'scheduler', 'trigger'] as const) {
      for (let turn = 0; turn < size; turn++) await killBoth(context, service, probes);
    }
  },
};

/** Kills one replica and then the other, so that the active one is among them, while probes come all the time. */
const killBoth = async (
  { cluster, log }: ScenarioContext,
  service: ServiceName,
  probes: Record<string, () => Promise<unknown>>,
): Promise<void> => {
  await query(cluster, 'DELETE FROM effects');
  let isProbing = true;
  let sent = 0;
  const probing = Object.values(probes).map(async (probe) => {
    while (isProbing) {
      await probe();
      sent++;
      await delay(100);
    }
  });
  for (const victim of cluster.services[service]) {
    await delay(1_500);
    await victim.kill();
    await delay(STALL_MAX_MS + 1_000);
    await victim.restart();
  }
  isProbing = false;
  await Promise.all(probing);
  await waitFor(
    async () => {
      const [counted] = await query<{ n: number }>(cluster, 'SELECT count(*)::int AS n FROM effects');
      return counted!.n === sent;
    },
    { timeoutMs: 30_000, describe: `${sent} probes to arrive` },
  );
  const gaps = await query<{ what: string; gap: number }>(
    cluster,
    `SELECT what, max(extract(epoch FROM gap) * 1000)::int AS gap
     FROM (SELECT what, "createdAt" - lag("createdAt") OVER (PARTITION BY what ORDER BY "createdAt") AS gap FROM effects) g
     GROUP BY what`,
  );
  for (const { what, gap } of gaps) {
    log(`${service} killed: ${what} stood still for ${gap} ms`);
    assert.ok(gap <= STALL_MAX_MS, `${what} stood still for ${gap} ms when ${service} was killed`);
  }
};
