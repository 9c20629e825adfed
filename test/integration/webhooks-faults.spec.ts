import { rm } from 'node:fs/promises';
import { openLedger, newId } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { json, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;

beforeAll(async () => {
  stub = await startHttpStub();
  platform = await openTestPlatform({
    hasTrigger: true,
    executors: 2,
    executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } },
  });
  await platform.publish('naps', { do: [{ nap: { wait: { milliseconds: 500 } } }] });
}, 60_000);
afterAll(async () => {
  await platform?.close();
  stub?.close();
});

const idsAt = (path: string): Set<unknown> => new Set(stub.calls(path).map(({ headers }) => headers['webhook-id']));
const runsAt = (path: string): string[] => [
  ...new Set(stub.calls(path).map(({ body }) => (JSON.parse(body) as { subject: string }).subject)),
];

it('tells of what the feed has never brought', async () => {
  stub.on('/unheard', json({}));
  await platform.client.webhooks.put('unheard', { url: `${stub.url}/unheard` });
  // In the ledger alone: whoever wrote it died before it told anybody.
  const ledger = await openLedger({ url: platform.databaseUrl, applicationName: 'who dies' });
  const runId = newId(Date.now());
  const at = new Date().toISOString();
  const requested = {
    ...{ workflow: 'of-the-dead', workflowVersion: 1, parameters: {}, cause: { kind: 'api' as const } },
    ...{ chainId: runId, iteration: 1, depth: 0 },
  };
  await ledger.runs.request({ runId, at, requested });
  await ledger.runs.append({
    ...{ runId, expectedVersion: 1, at },
    events: [{ type: 'RunCancelled', data: { reason: 'nobody hears of it' } }],
  });
  await ledger.close();
  // Has the ledger looked through now, and not only at the next turn.
  await platform.client.webhooks.put('unheard', { url: `${stub.url}/unheard` });
  await waitFor(() => stub.calls('/unheard').length > 0, {
    timeoutMs: 40_000,
    describe: 'the end that only the ledger knows',
  });
  expect(runsAt('/unheard')).toEqual([runId]);
  await platform.client.webhooks.delete('unheard');
}, 60_000);

it('tells of every end, though JetStream loses everything and an executor dies', async () => {
  stub.on('/lossy', json({}));
  await platform.client.webhooks.put('lossy', { url: `${stub.url}/lossy`, workflow: 'naps' });
  const dying = await platform.openExecutor({ config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } });
  const runIds = await Promise.all(Array.from({ length: 60 }, () => platform.start('naps')));
  await platform.nats.kill();
  await rm(platform.nats.storageDirectory, { recursive: true, force: true });
  dying.cut();
  await platform.nats.restart();
  for (const runId of runIds) await platform.ended(runId, 60_000);
  await waitFor(() => runsAt('/lossy').length >= runIds.length, { timeoutMs: 60_000, describe: 'every end to arrive' });
  expect(runsAt('/lossy').sort()).toEqual([...runIds].sort());
  expect(idsAt('/lossy').size).toBe(runIds.length);
  await waitFor(async () => (await platform.client.webhooks.get('lossy')).pending === 0, {
    timeoutMs: 60_000,
    describe: 'what the dead executor had in hand',
  });
  expect(idsAt('/lossy').size).toBe(runIds.length);
}, 150_000);
