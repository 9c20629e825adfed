import { createClient } from '@nightshift/client';
import { base64url, exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standInForExecutor } from '../../apps/gateway/test/stand-in-executor.ts';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { makeSigningKey, openLocalIssuer, type LocalIssuer, type SigningKey } from './local-issuer.ts';

let gateway: TestGateway;
let issuer: LocalIssuer;
/** Known to nobody. */
let stranger: LocalIssuer;
let executor: { close(): void };
let key: SigningKey;
/** Of the issuer too, for another algorithm. */
let second: SigningKey;
/** Of whoever would like to be somebody. */
let forged: SigningKey;
let user: string;
let logged = '';
/** Whatever was shown at the door. */
const shown: string[] = [];

const call = (token: string, path = '/wf/for-users'): Promise<Response> => {
  shown.push(token);
  return fetch(gateway.url + path, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
};
const judged = async (token: string): Promise<string> => {
  const response = await call(token);
  if (response.ok) return 'done';
  return ((await response.json()) as { code: string }).code;
};
const encoded = (value: object): string => base64url.encode(JSON.stringify(value));
const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;

beforeAll(async () => {
  const logger = pino({ level: 'trace' }, { write: (line: string) => void (logged += line) });
  gateway = await openTestGateway({ data: 'real', logger, settings: { NIGHTSHIFT_LOOPBACK_ISSUERS: 'true' } });
  [issuer, stranger, key, second, forged] = await Promise.all([
    openLocalIssuer(),
    openLocalIssuer(),
    makeSigningKey('one'),
    makeSigningKey('two', 'ES256'),
    makeSigningKey('one'),
  ]);
  issuer.publish(key, second);
  stranger.publish(forged);
  const { client } = gateway;
  await client.types.declare('user', { name: { kind: 'text' } });
  user = (await client.things.create('user', { name: 'Ada' })).id;
  for (const [name, auth] of Object.entries({ 'for-users': 'user', 'for-all': 'none' })) {
    await client.workflows.save(name, { workflow: name, expose: { auth }, do: [{ made: { set: 1 } }] });
    await client.workflows.publish(name);
  }
  executor = standInForExecutor(gateway, ({ requestedBy }) => ({
    type: 'RunSucceeded',
    data: { result: requestedBy ?? null },
  }));
  await client.issuers.put('main', { issuer: issuer.url, audience: issuer.audience });
});
afterAll(async () => {
  executor?.close();
  await Promise.all([issuer, stranger].map((one) => one?.close()));
  await gateway?.close();
});

describe('a token', () => {
  it.each<[string, () => Promise<string>]>([
    ['of one key', () => issuer.token(key, { sub: user })],
    ['of another key', () => issuer.token(second, { sub: user })],
    ['for several', () => issuer.token(key, { sub: user, aud: ['else', issuer.audience] })],
    ['that expired within the skew', () => issuer.token(key, { sub: user, exp: seconds(-30) })],
    ['that is good within the skew', () => issuer.token(key, { sub: user, nbf: seconds(30) })],
  ])('%s is taken', async (_, make) => expect(await judged(await make())).toBe('done'));

  it.each<[string, () => Promise<string> | string]>([
    ['with a wrong signature', () => issuer.token(forged, { sub: user })],
    [
      'that was changed',
      async () => {
        const [header, , signature] = (await issuer.token(key, { sub: 'nobody' })).split('.');
        const claims = { iss: issuer.url, aud: issuer.audience, exp: seconds(60), sub: user };
        return `${header}.${encoded(claims)}.${signature}`;
      },
    ],
    ['that has expired', () => issuer.token(key, { sub: user, exp: seconds(-120) })],
    ['that does not expire', () => issuer.token(key, { sub: user, exp: undefined })],
    ['that is not good yet', () => issuer.token(key, { sub: user, nbf: seconds(120) })],
    ['of another issuer', () => stranger.token(forged, { sub: user })],
    ['that says it is of another issuer', () => issuer.token(key, { sub: user, iss: stranger.url })],
    ['of no issuer', () => issuer.token(key, { sub: user, iss: undefined })],
    ['for another audience', () => issuer.token(key, { sub: user, aud: 'else' })],
    ['for no audience', () => issuer.token(key, { sub: user, aud: undefined })],
    ['of nobody', () => issuer.token(key)],
    ['without a signature', () => new UnsecuredJWT({ iss: issuer.url, aud: issuer.audience, sub: user }).encode()],
    [
      'that says it needs no signature',
      async () => {
        const [, claims, signature] = (await issuer.token(key, { sub: user })).split('.');
        return `${encoded({ alg: 'none' })}.${claims}.${signature}`;
      },
    ],
    ['whose signature was stripped', async () => (await issuer.token(key, { sub: user })).replace(/[^.]+$/, '')],
    [
      'signed with the public key as a secret',
      async () =>
        new SignJWT({ iss: issuer.url, aud: issuer.audience, sub: user, exp: seconds(60) })
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(new TextEncoder().encode(await exportSPKI(key.publicKey))),
    ],
    ['that names another key', () => issuer.token(key, { sub: user }, { kid: 'two', alg: 'RS256' })],
    ['that names no key of the issuer', () => issuer.token(key, { sub: user }, { kid: 'three' })],
    ['that names none of two keys', () => issuer.token(forged, { sub: user }, { kid: undefined as never })],
    ['that brings its key', () => issuer.token(forged, { sub: user }, { jwk: forged.jwk })],
    [
      'that says where its key is',
      () => issuer.token(forged, { sub: user }, { jku: `${stranger.url}/keys`, x5u: `${stranger.url}/keys` }),
    ],
    [
      'that has to be understood otherwise',
      () =>
        new SignJWT({ iss: issuer.url, aud: issuer.audience, sub: user, exp: seconds(60) })
          .setProtectedHeader({ alg: 'RS256', kid: 'one', crit: ['extra'], extra: 1 } as never)
          .sign(key.privateKey, { crit: { extra: true } }),
    ],
    ['of two parts', async () => (await issuer.token(key, { sub: user })).split('.').slice(0, 2).join('.')],
    ['of five parts', async () => `${await issuer.token(key, { sub: user })}.a.b`],
    ['of nothing', () => '..'],
    ['that cannot be read', () => `${encoded({ alg: 'RS256' })}.${base64url.encode('{')}.AAAA`],
    ['that is huge', () => issuer.token(key, { sub: user, groups: 'g'.repeat(7000) })],
  ])('%s is refused', async (_, make) => {
    const response = await call(await make());
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'auth.wrong_token' }]);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('does not make the gateway fetch what it names', () => {
    expect(stranger.fetches).toBe(0);
    expect(issuer.fetches).toBe(1);
  });

  it('that is refused is as none where nobody has to be anybody', async () => {
    const response = await call(await issuer.token(forged, { sub: user }), '/wf/for-all');
    expect([response.status, await response.json()]).toEqual([200, { kind: 'user', name: 'anyone', user: null }]);
  });

  it('too long for a header is not read', async () => {
    const response = await call(await issuer.token(key, { sub: user, groups: 'g'.repeat(40_000) }));
    expect(response.ok).toBe(false);
    expect(await judged(await issuer.token(key, { sub: user }))).toBe('done');
  });
});

describe('an issuer that is away', () => {
  it('is not needed for keys that it has shown', async () => {
    const other = await openLocalIssuer();
    other.publish(key);
    await gateway.client.issuers.put('leaving', { issuer: other.url, audience: other.audience });
    expect(await judged(await other.token(key, { sub: user }))).toBe('done');
    await other.close();
    expect(await judged(await other.token(key, { sub: user }))).toBe('done');
  });

  it.each<[string, () => Parameters<LocalIssuer['answerWith']>[0]]>([
    ['does not answer with keys', () => ({ status: 200, body: '{"keys": 1}' })],
    ['answers with too much', () => ({ status: 200, body: `{"keys": [], "x": "${'x'.repeat(300_000)}"}` })],
    ['sends the gateway elsewhere', () => ({ status: 302, headers: { location: `${stranger.url}/keys` } })],
    ['fails', () => ({ status: 500 })],
  ])('and %s is told from a wrong token', async (name, answer) => {
    const other = await openLocalIssuer();
    other.answerWith(answer());
    await gateway.client.issuers.put(name.replaceAll(' ', '-'), { issuer: other.url, audience: other.audience });
    expect(await judged(await other.token(key, { sub: user }))).toBe('auth.issuer_unavailable');
    expect(stranger.fetches).toBe(0);
    await other.close();
  });
});

describe('keys and issuers', () => {
  it('are open to the gateway alone, which cannot take a key off the record', async () => {
    const postgres = new pg.Client(gateway.databaseUrl);
    await postgres.connect();
    const { rows } = await postgres.query<{ held: string }>(
      `SELECT concat_ws(' ', service, "table", privilege) AS held
       FROM unnest(ARRAY['gateway', 'scheduler', 'executor', 'trigger', 'data']) AS service,
         unnest(ARRAY['api_keys', 'issuers']) AS "table",
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
       WHERE has_table_privilege('nightshift_' || service, 'nightshift.' || "table", privilege) ORDER BY held`,
    );
    await postgres.end();
    expect(rows.map(({ held }) => held)).toEqual([
      'gateway api_keys INSERT',
      'gateway api_keys SELECT',
      'gateway api_keys UPDATE',
      'gateway issuers DELETE',
      'gateway issuers INSERT',
      'gateway issuers SELECT',
      'gateway issuers UPDATE',
    ]);
  });
});

describe('what was shown at the door', () => {
  it('is nowhere in the logs, and nowhere in the database', async () => {
    const made = await gateway.client.keys.create({ name: 'secret', role: 'viewer' });
    const rotated = await gateway.client.keys.rotate(made.id, { overlap: { minutes: 1 } });
    const repeated = await gateway.call(
      'POST',
      '/v1/keys',
      { name: 'under a key', role: 'viewer' },
      { 'idempotency-key': 'once' },
    );
    const kept = (await repeated.json()) as { key: string };
    const keys = [made.key, rotated.key, kept.key];
    for (const text of keys) {
      await createClient({ url: gateway.url, key: text }).workflows.list();
      expect(await judged(`${text.slice(0, -1)}${text.endsWith('1') ? '2' : '1'}`)).toBe('auth.wrong_key');
    }
    // Not their parts either: what follows the id of a key, and what is signed or signs.
    const secrets = [...keys.map((text) => text.slice(36)), ...shown.flatMap((text) => text.split('.').slice(1))]
      .map((text) => text.slice(0, 32))
      .filter((text) => text.length > 20);
    expect(secrets.length).toBeGreaterThan(40);
    for (const secret of secrets) expect(logged).not.toContain(secret);

    const postgres = new pg.Client(gateway.databaseUrl);
    await postgres.connect();
    const { rows: tables } = await postgres.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const { rows } = await postgres.query<{ found: number }>(
        `SELECT count(*)::int AS found FROM ${name} AS t, unnest($1::text[]) AS secret WHERE position(secret IN t::text) > 0`,
        [secrets],
      );
      expect([name, rows[0]!.found]).toEqual([name, 0]);
    }
    await postgres.end();
  });
});
