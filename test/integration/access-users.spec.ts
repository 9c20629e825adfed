import { createClient, type Client } from '@nightshift/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '@nightshift/testing';
import { standInForExecutor } from '../../apps/gateway/test/stand-in-executor.ts';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { makeSigningKey, openLocalIssuer, type LocalIssuer, type SigningKey } from './local-issuer.ts';

let gateway: TestGateway;
let issuer: LocalIssuer;
/** Of the same kind, but its users see no data. */
let narrow: LocalIssuer;
let key: SigningKey;
let executor: { close(): void };
let ada: string;
let bob: string;

const clientOf = (token: string): Client => createClient({ url: gateway.url, key: token });
const codeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
const verified = (email: string): Record<string, unknown> => ({ sub: `of ${email}`, email, email_verified: true });
const asAda = async (claims: Record<string, unknown> = {}): Promise<Client> =>
  clientOf(await issuer.token(key, { ...verified('ada@example.com'), ...claims }));

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real', settings: { NIGHTSHIFT_LOOPBACK_ISSUERS: 'true' } });
  [issuer, narrow, key] = await Promise.all([openLocalIssuer(), openLocalIssuer(), makeSigningKey('one')]);
  issuer.publish(key);
  narrow.publish(key);
  const { client } = gateway;
  await client.types.declare('user', { email: { kind: 'text', unique: true } });
  await client.types.declare('note', { text: { kind: 'text' } });
  await client.types.declare('ruleless', { text: { kind: 'text' } });
  await client.types.setPrivacy('note', [
    { name: 'own', when: 'thing.createdBy = currentUser.id', find: true, see: 'all', create: true, change: true },
  ]);
  ada = (await client.things.create('user', { email: 'ada@example.com' })).id;
  bob = (await client.things.create('user', { email: 'bob@example.com' })).id;
  for (const [name, auth] of Object.entries({ 'for-users': 'user', 'for-all': 'none', 'for-admins': 'admin' })) {
    await client.workflows.save(name, { workflow: name, expose: { auth }, do: [{ made: { set: 1 } }] });
    await client.workflows.publish(name);
  }
  executor = standInForExecutor(gateway, ({ requestedBy }) => ({
    type: 'RunSucceeded',
    data: { result: requestedBy ?? null },
  }));
  const user = { claim: 'email', field: 'email' };
  await client.issuers.put('main', { issuer: issuer.url, audience: issuer.audience, user, maySeeData: true });
  await client.issuers.put('narrow', { issuer: narrow.url, audience: narrow.audience, user });
});
afterAll(async () => {
  executor?.close();
  await Promise.all([issuer, narrow].map((one) => one?.close()));
  await gateway?.close();
});

describe('a user with a token', () => {
  it('calls the endpoints that are for him, as himself', async () => {
    const holder = await asAda();
    const caller = { kind: 'user', name: 'main:of ada@example.com', user: ada };
    expect(await holder.wf('for-users')).toEqual(caller);
    expect(await holder.wf('for-all')).toEqual(caller);
    expect(await codeOf(holder.wf('for-admins'))).toBe('auth.forbidden');
  });

  it('reads and changes what the rules let him, where his issuer says so', async () => {
    const [adas, bobs] = [await asAda(), clientOf(await issuer.token(key, verified('bob@example.com')))];
    const { id } = await adas.things.create('note', { text: 'mine' });
    expect(await adas.things.get('note', id)).toMatchObject({ text: 'mine', createdBy: ada });
    expect(await codeOf(bobs.things.get('note', id))).toBe('thing.not_found');
    await gateway.client.things.create('ruleless', { text: 'hidden' });
    expect((await adas.things.search('ruleless')).items).toEqual([]);

    const narrowed = clientOf(await narrow.token(key, verified('ada@example.com')));
    expect(await narrowed.wf('for-users')).toMatchObject({ user: ada });
    expect(await codeOf(narrowed.things.get('note', id))).toBe('auth.forbidden');
  });

  it('may nothing else', async () => {
    const holder = await asAda();
    const refused = await Promise.all(
      [
        holder.runs.start('for-users'),
        holder.runs.search(),
        holder.workflows.list(),
        holder.keys.list(),
        holder.issuers.list(),
        holder.types.list(),
        holder.imports.search(),
        holder.secrets.put('stolen', 'value'),
      ].map(codeOf),
    );
    for (const code of refused) expect(code).toMatch(/^auth\.(forbidden|not_for_users)$/);
  });

  it('is nobody else, whatever he says', async () => {
    const token = await issuer.token(key, verified('ada@example.com'));
    const posing = createClient({ url: gateway.url, key: token, user: bob });
    expect(await codeOf(posing.things.search('note'))).toBe('auth.forbidden');
    expect(await codeOf(posing.wf('for-users'))).toBe('auth.forbidden');
  });

  it('has to be there, and an address of his has to be verified', async () => {
    expect(await codeOf((await asAda({ email: 'nobody@example.com' })).wf('for-users'))).toBe('auth.unknown_user');
    expect(await codeOf((await asAda({ email_verified: false })).wf('for-users'))).toBe('auth.wrong_token');
    expect(await codeOf((await asAda({ email_verified: undefined })).wf('for-users'))).toBe('auth.wrong_token');
    expect(await codeOf((await asAda({ email: ['ada@example.com'] })).wf('for-users'))).toBe('auth.wrong_token');
    const { id } = await gateway.client.things.create('user', { email: 'eve@example.com' });
    const eve = await asAda({ email: 'eve@example.com' });
    expect(await codeOf(eve.wf('for-users'))).toBe('done');
    await gateway.client.things.delete('user', id);
    await waitFor(async () => (await codeOf(eve.wf('for-users'))) === 'auth.unknown_user', {
      timeoutMs: 15_000,
      describe: 'the end of what is known of her',
    });
  });

  it('is found by his id as well', async () => {
    const other = await openLocalIssuer();
    other.publish(key);
    await gateway.client.issuers.put('by-id', { issuer: other.url, audience: ['else', other.audience] });
    expect(await clientOf(await other.token(key, { sub: bob })).wf('for-users')).toMatchObject({ user: bob });
    expect(await codeOf(clientOf(await other.token(key, { sub: 'bob' })).wf('for-users'))).toBe('auth.unknown_user');
    await gateway.client.issuers.delete('by-id');
    expect(await codeOf(clientOf(await other.token(key, { sub: bob })).wf('for-users'))).toBe('auth.wrong_token');
    await other.close();
  });
});

describe('a key of a user', () => {
  it('is that user everywhere, and nobody where nobody is filtered', async () => {
    const { key: text } = await gateway.client.keys.create({ name: 'robot of bob', role: 'operator', user: bob });
    const holder = clientOf(text);
    expect(await holder.wf('for-users')).toEqual({ kind: 'key', name: 'robot of bob', user: bob });
    const { id } = await holder.things.create('note', { text: 'of bob' });
    expect(await holder.things.get('note', id)).toMatchObject({ createdBy: bob });
    expect(await codeOf((await asAda()).things.get('note', id))).toBe('thing.not_found');
    expect(await codeOf(holder.runs.search())).toBe('auth.not_for_users');
    const posing = createClient({ url: gateway.url, key: text, user: ada });
    expect(await codeOf(posing.things.search('note'))).toBe('auth.forbidden');
    expect(
      await codeOf(gateway.client.keys.create({ name: 'of nobody', role: 'operator', user: ada.replace(/.$/, 'z') })),
    ).toBe('auth.unknown_user');
  });
});

describe('an issuer', () => {
  it('is read back, replaced and forgotten', async () => {
    const { client } = gateway;
    const body = { issuer: 'https://issuer.example', audience: 'us' };
    expect(await client.issuers.put('far', body)).toMatchObject({
      ...body,
      name: 'far',
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clockSkewSeconds: 60,
      user: { claim: 'sub', field: 'id' },
      maySeeData: false,
    });
    expect((await client.issuers.list()).map(({ name }) => name)).toEqual(['far', 'main', 'narrow']);
    expect(await codeOf(client.issuers.put('again', body))).toBe('issuer.taken');
    await client.issuers.delete('far');
    expect(await codeOf(client.issuers.get('far'))).toBe('issuer.not_found');
  });

  it.each([
    { issuer: 'http://issuer.example' },
    { issuer: 'http://10.0.0.1' },
    { issuer: 'https://name:password@issuer.example' },
    { jwksUrl: 'http://issuer.example/keys' },
    { jwksUrl: 'file:///etc/passwd' },
    { algorithms: ['none'] as never },
    { algorithms: ['HS256'] as never },
    { clockSkewSeconds: 3600 },
  ])('is not kept with %j', async (wrong) => {
    const body = { issuer: 'https://issuer.example', audience: 'us', ...wrong };
    expect(await codeOf(gateway.client.issuers.put('wrong', body))).toBe('request.invalid');
  });
});
