import { createClient, type Client } from '@nightshift/client';
import { startCluster, waitFor, type Cluster, type Service } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

let cluster: Cluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ replicas: 2 });
  client = createClient({ url: cluster.gatewayUrls[0]!, key: cluster.adminKey });
  await client.workflows.save('tick', { workflow: 'tick', do: [{ pause: { wait: { milliseconds: 100 } } }] });
  await client.workflows.publish('tick');
});
afterAll(() => cluster?.stop());

const account = async (key: string) =>
  (await client.recurrences.occurrences('tick', key, { limit: 1000 })).items.reverse();

test('a scheduler that is killed leaves no gap and no double, and neither does an outage of all of them', async () => {
  await client.recurrences.put('tick', 'killed', { every: { seconds: 1 }, misfire: 'all', overlap: 'queue' });
  const settledAfter = async (count: number): Promise<void> => {
    const before = (await account('killed')).length;
    await waitFor(async () => (await account('killed')).length >= before + count);
  };
  const [first, second] = cluster.services.scheduler as [Service, Service];
  await settledAfter(2);
  await first.kill();
  await settledAfter(2);
  await second.kill();
  await first.restart();
  await settledAfter(2);
  await client.recurrences.pause('tick', 'killed');
  const moments = (await account('killed')).map(({ plannedAt }) => Date.parse(plannedAt));
  expect(moments).toEqual(moments.map((_, index) => moments[0]! + index * 1000));
  await client.recurrences.resume('tick', 'killed');
  // The queue is worked off, and each run ends.
  await waitFor(
    async () => !(await account('killed')).slice(0, moments.length).some(({ outcome }) => outcome === 'queued'),
  );
  await client.recurrences.delete('tick', 'killed');
  const fired = (await account('killed')).flatMap((one) => (one.outcome === 'fired' ? one.runId : []));
  await waitFor(async () => {
    const { items } = await client.runs.search({ workflow: 'tick', limit: 1000 });
    expect(items.map(({ id }) => id).sort()).toEqual([...fired].sort());
    return items.every(({ status }) => status === 'succeeded');
  });
}, 90_000);

test('a recurrence ends with its thing, though it was deleted with plain SQL', async () => {
  await client.types.declare('member', { name: { kind: 'text' } });
  const { id } = await client.things.create('member', { name: 'Ada' });
  await client.recurrences.put('tick', 'bound', { every: { seconds: 1 }, thing: { type: 'member', id: String(id) } });
  await waitFor(async () => (await account('bound')).some(({ outcome }) => outcome === 'fired'));
  const database = new pg.Client({ connectionString: cluster.databaseUrl });
  await database.connect();
  await database.query('DELETE FROM member');
  await database.end();
  await waitFor(() =>
    client.recurrences.get('tick', 'bound').then(
      () => false,
      (error: unknown) => (error as { code?: string }).code === 'recurrence.not_found',
    ),
  );
  expect((await account('bound')).at(-1)).toMatchObject({ outcome: 'skipped', reason: 'thingGone' });
}, 60_000);
