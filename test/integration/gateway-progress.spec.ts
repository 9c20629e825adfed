import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway({
    settings: { NIGHTSHIFT_STALLED_AFTER_SECONDS: '1' },
  });
  await gateway.client.workflows.save('idle', { workflow: 'idle', do: [{ a: { set: 1 } }] });
  await gateway.client.workflows.publish('idle');
});
afterAll(() => gateway?.close());

describe('what nobody executes', () => {
  it('is stalled, which whoever follows it is told, and not while it is held', async () => {
    const { runId } = await gateway.client.runs.start('idle');
    for await (const { progress } of gateway.client.progress.follow(runId)) {
      if (progress.stalled) break;
    }
    await gateway.client.runs.pause(runId);
    expect(await gateway.client.progress.get(runId)).toMatchObject({ status: 'paused', stalled: false });
    await gateway.client.runs.resume(runId);
    await waitFor(async () => (await gateway.client.progress.get(runId)).stalled);
  });

  it('is not, if it is due later', async () => {
    const { runId: due } = await gateway.client.schedules.create('idle', { in: { hours: 1 } });
    const { runId } = await gateway.client.runs.start('idle');
    await waitFor(async () => (await gateway.client.progress.get(runId)).stalled);
    expect(await gateway.client.progress.get(due)).toMatchObject({ status: 'scheduled', stalled: false, eta: null });
  });
});

describe('a deployment without a key for secrets', () => {
  it('makes no links, and knows none', async () => {
    const { runId } = await gateway.client.runs.start('idle');
    await expect(gateway.client.progress.link(runId)).rejects.toMatchObject({ code: 'secret.unavailable' });
    await expect(gateway.client.progress.shared(Buffer.alloc(54).toString('base64url'))).rejects.toMatchObject({
      code: 'link.invalid',
    });
  });
});

it('says in its document what needs no key', async () => {
  const document = (await (await gateway.call('GET', '/openapi.json')).json()) as {
    paths: Record<string, { get?: { security?: [] }; post?: object }>;
  };
  expect(document.paths['/v1/public/progress/{token}']?.get?.security).toEqual([]);
  expect(document.paths['/v1/progress/{id}']?.get?.security).toEqual([{ key: [] }]);
  expect(document.paths['/v1/progress/{id}/links']?.post).toBeDefined();
  expect(document.paths['/v1/chains/{id}/cancel']?.post).toBeDefined();
});
