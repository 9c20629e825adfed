import { createClient } from '@nightshift/client';
import { signals, type CreateKeyBody, type NewKey } from '@nightshift/contracts';
import { connectGateway, GatewayConfigSchema } from '@nightshift/gateway';
import { makeLogger, openService, readConfig, type OpenService } from '@nightshift/runtime';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { openRoad, type Road } from './road.ts';

let gateway: TestGateway;
/** Another gateway, whose ways to the ledger and to NATS can be cut. */
let other: OpenService;
let toLedger: Road;
let toNats: Road;
let made = 0;

const makeKey = (more: Partial<CreateKeyBody> = {}): Promise<NewKey> =>
  gateway.client.keys.create({ name: `key ${++made}`, role: 'viewer', ...more });
/** What a key's holder hears there of an operation for which no ledger is needed. */
const judged = (key: string, url = other.url): Promise<string> =>
  createClient({ url, key })
    .types.list()
    .then(
      () => 'done',
      (error: { code: string }) => error.code,
    );

const openOther = async (): Promise<OpenService> => {
  const config = readConfig(GatewayConfigSchema, {
    NIGHTSHIFT_HTTP_PORT: '0',
    NIGHTSHIFT_NATS_URL: toNats.url,
    NIGHTSHIFT_LEDGER_URL: toLedger.url,
    NIGHTSHIFT_ADMIN_KEY: ADMIN_KEY,
  });
  return openService(await connectGateway(config, makeLogger({ app: 'test', level: 'silent' as never })));
};

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
  toLedger = await openRoad(gateway.databaseUrl);
  toNats = await openRoad(gateway.nats.url);
  other = await openOther();
});
afterAll(async () => {
  for (const road of [toLedger, toNats]) road?.mend();
  await other?.close();
  await Promise.all([toLedger, toNats].map((road) => road?.close()));
  await gateway?.close();
});

describe('a gateway', () => {
  it('that did not hear of it refuses a revoked key all the same, seconds later', async () => {
    const { key, id } = await makeKey();
    expect(await judged(key)).toBe('done');
    // Nobody is told.
    await gateway.ledger.keys.revoke(id);
    expect(await judged(key)).toBe('done');
    await waitFor(async () => (await judged(key)) === 'auth.wrong_key', {
      timeoutMs: 15_000,
      describe: 'the look at the ledger',
    });
  });

  it('that was away from NATS looks again when it is back', async () => {
    const { key, id } = await makeKey();
    expect(await judged(key)).toBe('done');
    toNats.cut();
    await gateway.client.keys.revoke(id);
    toNats.mend();
    await waitFor(async () => (await judged(key)) === 'auth.wrong_key', {
      timeoutMs: 15_000,
      describe: 'the look at the ledger',
    });
  });

  it('whose ledger is away knows the keys that it knew, and cannot tell of others', async () => {
    await waitFor(async () => (await judged(ADMIN_KEY)) === 'done', { describe: 'the way to the data service' });
    const known = await makeKey();
    const revoked = await makeKey();
    expect([await judged(known.key), await judged(revoked.key)]).toEqual(['done', 'done']);
    toLedger.cut();
    // Anything may have changed: what is known is not fresh any more.
    await gateway.ledger.keys.change(known.id, { role: 'admin' });
    gateway.bus.send(signals.access, {});
    const { key: unknown } = await makeKey();
    expect(await judged(unknown)).toBe('ledger.unavailable');
    expect(await judged(known.key)).toBe('done');
    expect(await judged(ADMIN_KEY)).toBe('done');
    expect(await judged(known.key.slice(0, -1) + (known.key.endsWith('1') ? '2' : '1'))).toBe('auth.wrong_key');

    // What it hears to have changed is not taken for what it was.
    await gateway.client.keys.revoke(revoked.id);
    await waitFor(async () => (await judged(revoked.key)) === 'ledger.unavailable', { describe: 'the signal' });

    toLedger.mend();
    await waitFor(async () => (await judged(revoked.key)) === 'auth.wrong_key', { describe: 'the ledger' });
    expect(await judged(known.key)).toBe('done');
  });

  it('writes when keys were used as it goes, and not before', async () => {
    const { key, id } = await makeKey();
    const before = Date.now();
    expect(await judged(key)).toBe('done');
    expect(await gateway.client.keys.get(id)).toMatchObject({ lastUsedAt: null });
    await other.close();
    const { lastUsedAt } = await gateway.client.keys.get(id);
    expect(Date.parse(lastUsedAt!)).toBeGreaterThanOrEqual(before);
    other = await openOther();
  });
});
