import { createClient, type Client } from '@nightshift/client';
import type { CreateKeyBody, NewKey } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standInForExecutor } from '../../apps/gateway/test/stand-in-executor.ts';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let other: { url: string };
let executor: { close(): void };
let made = 0;

const makeKey = (more: Partial<CreateKeyBody> = {}): Promise<NewKey> =>
  gateway.client.keys.create({ name: `key ${++made}`, role: 'operator', ...more });
const clientOf = (key: string, url = gateway.url): Client => createClient({ url, key });
const codeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
/** What a key's holder hears of an operation that needs the role viewer. */
const judged = (key: string, url = gateway.url): Promise<string> => codeOf(clientOf(key, url).workflows.list());

const publish = async (name: string, more: object = {}): Promise<void> => {
  await gateway.client.workflows.save(name, { workflow: name, do: [{ made: { set: 1 } }], ...more });
  await gateway.client.workflows.publish(name);
};

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
  other = await gateway.openAnother();
  await gateway.client.types.declare('user', { name: { kind: 'text' } });
  executor = standInForExecutor(gateway, () => ({ type: 'RunSucceeded', data: { result: 1 } }));
  for (const name of ['send-letter', 'send-parcel', 'audit']) await publish(name, { expose: { auth: 'admin' } });
});
afterAll(async () => {
  executor?.close();
  await gateway?.close();
});

describe('a key', () => {
  it('is shown once, and read back without what it is', async () => {
    const { key, ...view } = await makeKey({ name: 'ci', starts: ['send-*'], expiresIn: { hours: 1 } });
    expect(key).toMatch(/^ns_[0-9a-f]{32}_[0-9A-Za-z]{49}$/);
    expect(key.startsWith(view.beginning)).toBe(true);
    expect(view).toMatchObject({
      name: 'ci',
      role: 'operator',
      starts: ['send-*'],
      seesPayloads: true,
      rateLimit: null,
      user: null,
      createdBy: { kind: 'key', name: 'admin' },
      revokedAt: null,
      lastUsedAt: null,
    });
    expect(await gateway.client.keys.get(view.id)).toEqual(view);
    expect(await gateway.client.keys.list()).toContainEqual(view);
  });

  it('opens what its role is for, and no more, and is remembered by its name', async () => {
    const { key, name } = await makeKey();
    const holder = clientOf(key);
    const { runId } = await holder.runs.start('audit', {}, { wait: '10s' });
    const [requested] = await gateway.client.runs.events(runId);
    expect(requested).toMatchObject({ data: { requestedBy: { kind: 'key', name } } });
    expect(await codeOf(holder.workflows.publish('audit'))).toBe('auth.forbidden');
    expect(await codeOf(holder.keys.list())).toBe('auth.forbidden');
  });

  it('can start what it may start and nothing else where it has no role', async () => {
    const { key } = await makeKey({ role: null, starts: ['send-*'] });
    const holder = clientOf(key);
    expect(await holder.runs.start('send-letter', {}, { wait: '10s' })).toMatchObject({ result: 1 });
    expect(await holder.wf('send-parcel')).toBe(1);
    await holder.schedules.create('send-letter', { at: new Date(Date.now() + 3_600_000).toISOString() });
    await holder.lists.create('send-parcel', { items: [1] });
    await holder.recurrences.put('send-letter', 'weekly', { every: { days: 7 } });
    expect(await codeOf(holder.runs.start('audit'))).toBe('auth.forbidden');
    expect(await codeOf(holder.wf('audit'))).toBe('auth.forbidden');
    expect(await codeOf(holder.runs.search())).toBe('auth.forbidden');
    expect(await codeOf(holder.recurrences.delete('send-letter', 'weekly'))).toBe('auth.forbidden');
  });

  it('can be no user where it has no role', async () => {
    const { id } = await gateway.client.things.create('user', {});
    const { key } = await makeKey({ role: 'viewer', starts: ['send-*'] });
    const posing = createClient({ url: gateway.url, key, user: id });
    expect(await codeOf(posing.runs.start('send-letter'))).toBe('auth.forbidden');
    expect(await codeOf(posing.wf('send-letter'))).toBe('auth.forbidden');
    expect(await codeOf(posing.things.search('user'))).toBe('done');
    const { key: more } = await makeKey({ role: 'operator' });
    const acting = createClient({ url: gateway.url, key: more, user: id });
    expect(await codeOf(acting.runs.start('send-letter'))).toBe('done');
  });

  it('cannot start through a list what it may not start', async () => {
    const { key } = await makeKey({ role: null, starts: ['send-*'] });
    const holder = clientOf(key);
    for (const more of [
      { onComplete: 'audit' },
      { onItemFailed: 'audit' },
      { onProgress: { workflow: 'audit', everyItems: 1 } },
    ])
      expect(await codeOf(holder.lists.create('send-parcel', { items: [1], ...more }))).toBe('auth.forbidden');
    await holder.lists.create('send-parcel', { items: [1], onComplete: 'send-letter' });
    const upload = `${gateway.url}/v1/workflows/send-parcel/lists?onComplete=audit`;
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
    expect((await fetch(upload, { method: 'POST', headers, body: '1\n' })).status).toBe(403);
    expect(await codeOf(holder.lists.create('send-parcel', { query: { type: 'Order' } }))).toBe('auth.forbidden');
  });

  it('calls drafts with the role editor, and not with a right to start or run them', async () => {
    const draft = `${gateway.url}/wf-draft/send-letter`;
    const call = async (more: Partial<CreateKeyBody>, path = draft): Promise<number> => {
      const { key } = await makeKey(more);
      return (await fetch(path, { method: 'POST', headers: { authorization: `Bearer ${key}` } })).status;
    };
    expect(await call({ role: null, starts: ['send-*'] }, draft.replace('wf-draft', 'wf'))).toBe(200);
    expect(await call({ role: null, starts: ['send-*'] })).toBe(403);
    expect(await call({ role: null, starts: ['send-*'] }, `${draft}/below`)).toBe(404);
    expect(await call({ role: 'operator' })).toBe(403);
    expect(await call({ role: 'editor' })).toBe(200);
  });

  it('of another name is another key; a name is used once', async () => {
    await makeKey({ name: 'twice' });
    expect(await codeOf(makeKey({ name: 'twice' }))).toBe('key.name_taken');
    expect(await codeOf(makeKey({ name: 'admin' }))).toBe('key.name_taken');
  });

  it.each([
    { name: '' },
    { name: 'a:b' },
    { role: 'owner' as never },
    { role: null },
    { starts: ['*a'] },
    { expiresAt: '2020-01-01T00:00:00Z' },
    { expiresIn: { hours: 1 }, expiresAt: '2090-01-01T00:00:00Z' },
    { rateLimit: { requests: 0, perSeconds: 1 } },
  ])('is not made of %j', async (wrong) => expect(await codeOf(makeKey(wrong))).toBe('request.invalid'));

  it('that is not right opens nothing', async () => {
    const { key } = await makeKey();
    const typo = key.slice(0, -1) + (key.endsWith('1') ? '2' : '1');
    const ofNobody = (await makeKey()).key;
    for (const wrong of [typo, key.slice(0, 60), `${key}0`, 'ns_', ofNobody.slice(0, 36) + key.slice(36)])
      expect(await judged(wrong), wrong).toBe('auth.wrong_key');
  });
});

describe('a key that changes', () => {
  it('may less at once, on every gateway', async () => {
    const { key, id } = await makeKey({ role: 'editor' });
    expect(await judged(key, other.url)).toBe('done');
    expect(await gateway.client.keys.change(id, { role: null, starts: ['audit'] })).toMatchObject({ role: null });
    await waitFor(async () => (await judged(key, other.url)) === 'auth.forbidden', { describe: 'the new role' });
    expect(await judged(key)).toBe('auth.forbidden');
  });

  it('is refused when it has expired', async () => {
    const { key, id } = await makeKey({ expiresIn: { hours: 1 } });
    expect(await judged(key)).toBe('done');
    await gateway.client.keys.change(id, { expiresIn: { milliseconds: 300 } });
    await waitFor(async () => (await judged(key)) === 'auth.wrong_key', { describe: 'the end of the key' });
    await gateway.client.keys.change(id, { expiresAt: null });
    expect(await judged(key)).toBe('done');
  });

  it('goes on beside its successor for as long as they overlap', async () => {
    const { key, id } = await makeKey();
    const second = await gateway.client.keys.rotate(id, { overlap: { milliseconds: 1500 } });
    expect(second.key).not.toBe(key);
    expect(second.overlapUntil).not.toBeNull();
    expect(await judged(key)).toBe('done');
    expect(await judged(second.key, other.url)).toBe('done');
    await waitFor(async () => (await judged(key)) === 'auth.wrong_key', { describe: 'the end of the overlap' });
    expect(await gateway.client.keys.get(id)).toMatchObject({ overlapUntil: null });

    const third = await gateway.client.keys.rotate(id);
    expect(await judged(second.key)).toBe('auth.wrong_key');
    expect(await judged(third.key)).toBe('done');
  });

  it('is revoked for good, and stays on record', async () => {
    const { key, id, name } = await makeKey();
    expect(await judged(key, other.url)).toBe('done');
    const { revokedAt } = await gateway.client.keys.revoke(id);
    expect(await judged(key)).toBe('auth.wrong_key');
    await waitFor(async () => (await judged(key, other.url)) === 'auth.wrong_key', { describe: 'the other gateway' });
    expect(await gateway.client.keys.revoke(id)).toMatchObject({ revokedAt });
    expect((await gateway.client.keys.list()).map((one) => one.id)).not.toContain(id);
    expect((await gateway.client.keys.list({ revoked: true })).map((one) => one.id)).toContain(id);
    expect(await codeOf(gateway.client.keys.change(id, { role: 'admin' }))).toBe('key.revoked');
    expect(await codeOf(gateway.client.keys.rotate(id))).toBe('key.revoked');
    expect(await codeOf(makeKey({ name }))).toBe('key.name_taken');
  });
});

describe('a request for a key that is repeated', () => {
  const repeat = (path: string, body: object, key: string): Promise<Response> =>
    gateway.call('POST', path, body, { 'idempotency-key': key });

  it('makes one key, and shows it once', async () => {
    const body = { name: 'repeated', role: 'viewer' };
    const first = await repeat('/v1/keys', body, 'make');
    expect(first.status).toBe(201);
    const { id } = (await first.json()) as NewKey;
    const second = await repeat('/v1/keys', body, 'make');
    expect(second.status).toBe(409);
    const problem = (await second.json()) as { code: string; detail: string };
    expect(problem.code).toBe('key.shown_once');
    expect(problem.detail).toContain(id);
    expect((await gateway.client.keys.list()).filter(({ name }) => name === 'repeated')).toHaveLength(1);
    const reused = await repeat('/v1/keys', { ...body, role: 'admin' }, 'make');
    expect(await reused.json()).toMatchObject({ code: 'idempotency.key_reused' });
  });

  it('rotates a key once', async () => {
    const { id } = await makeKey();
    const first = (await (await repeat(`/v1/keys/${id}/rotate`, {}, 'rotate')).json()) as NewKey;
    expect((await repeat(`/v1/keys/${id}/rotate`, {}, 'rotate')).status).toBe(409);
    expect(await judged(first.key)).toBe('done');
  });
});
