import { createClient, type Client } from '@nightshift/client';
import { startCluster, type Cluster } from '@nightshift/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../chaos/application.ts';

let cluster: Cluster;
let client: Client;
beforeAll(async () => {
  cluster = await startCluster();
  // The gateway is away for as long as it takes to start one on a busy machine.
  client = createClient({ url: cluster.gatewayUrls[0]!, key: cluster.adminKey, retries: 10 });
  await client.workflows.save('twice', {
    workflow: 'twice',
    parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    do: [{ pause: { wait: { milliseconds: 500 } } }],
    return: '=parameters.n * 2',
  });
  await client.workflows.publish('twice');
});
afterAll(() => cluster?.stop());

test('the only gateway is killed twice: every start is one run, every result comes, and every event once', async () => {
  const [gateway] = cluster.services.gateway;
  const ends: string[] = [];
  const events = await client.events({ workflow: 'twice' }).opened();
  const starts = 200;
  let started = 0;
  const following = (async () => {
    for await (const { event } of events) {
      if (event.type === 'RunSucceeded') ends.push(event.runId);
      if (ends.length === starts) break;
    }
  })();

  const one = async (n: number): Promise<string> => {
    const run = await client.start('twice', { n });
    started++;
    expect(await run.result()).toBe(n * 2);
    return run.id;
  };
  const ids: Promise<string>[] = [];
  for (let n = 0; n < starts; n++) {
    ids.push(one(n));
    // In the middle of requests, of waiting for results and of following.
    if (n % 100 === 50) {
      await Promise.race(ids);
      await gateway!.kill();
      void gateway!.restart();
    }
  }
  const all = await Promise.all(ids);
  expect(started).toBe(starts);
  expect(new Set(all).size).toBe(starts);
  const [counted] = await query<{ runs: number }>(cluster, 'SELECT count(*)::int AS runs FROM nightshift.runs');
  expect(counted).toEqual({ runs: starts });
  await following;
  expect(ends.toSorted()).toEqual(all.toSorted());
}, 120_000);
