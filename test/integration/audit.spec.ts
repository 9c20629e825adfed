import { operations, type AuditEntryView, type Operation } from '@nightshift/contracts';
import { connectGateway, GatewayConfigSchema } from '@nightshift/gateway';
import { makeLogger, openService, readConfig } from '@nightshift/runtime';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { openRoad } from './road.ts';

const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');
let gateway: TestGateway;
let asGateway: pg.Client;

beforeAll(async () => {
  gateway = await openTestGateway({ settings: { NIGHTSHIFT_SECRETS_KEY: SECRETS_KEY } });
  await gateway.client.workflows.save('greet', { workflow: 'greet', do: [{ a: { set: 1 } }] });
  asGateway = new pg.Client(gateway.databaseUrl);
  await asGateway.connect();
  await asGateway.query('SET ROLE nightshift_gateway');
});
afterAll(async () => {
  await asGateway?.end();
  await gateway?.close();
});

const search = (query: Parameters<TestGateway['client']['audit']['search']>[0] = {}) =>
  gateway.client.audit.search(query);

/** The newest entry of an operation, once it is known what came of it. */
const entryOf = (operation: string, requestId?: string): Promise<AuditEntryView> =>
  waitFor(
    async () => {
      const { items } = await search({ operation });
      const entry = requestId === undefined ? items[0] : items.find((item) => item.requestId === requestId);
      return entry?.status == null ? undefined : entry;
    },
    { describe: `an entry of ${operation}` },
  );

/** A gateway that can be cut off from Postgres, which to its entries is its death. */
const openCutOff = async () => {
  const road = await openRoad(gateway.databaseUrl);
  const config = readConfig(GatewayConfigSchema, {
    NIGHTSHIFT_HTTP_PORT: '0',
    NIGHTSHIFT_NATS_URL: gateway.nats.url,
    NIGHTSHIFT_LEDGER_URL: road.url,
    NIGHTSHIFT_ADMIN_KEY: ADMIN_KEY,
    NIGHTSHIFT_SECRETS_KEY: SECRETS_KEY,
  });
  const service = await openService(await connectGateway(config, makeLogger({ app: 'test', level: 'silent' })));
  return {
    url: service.url,
    cut: road.cut,
    mend: road.mend,
    close: async () => {
      await service.close();
      await road.close();
    },
  };
};

const audited = Object.entries<Operation>(operations).filter(
  ([, { method, isAudited, access }]) => method !== 'GET' && isAudited !== false && access !== 'public',
);
const someId = '01890000-0000-7000-8000-000000000000';
const parameters: Record<string, string> = { name: 'audited', type: 'audited', key: 'k', id: someId, index: '0' };

describe('every operation that changes something', () => {
  it.each(audited)('%s leaves an entry', async (operation, { method, path }) => {
    const requestId = `walk-${operation}`;
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const response = await gateway.call(
      method,
      path.replace(/\{(\w+)\}/g, (_all, name: string) => parameters[name] ?? 'x'),
      method === 'DELETE' ? undefined : {},
      { 'x-request-id': requestId },
    );
    await response.text();
    expect(response.headers.get('x-request-id')).toBe(requestId);
    const entry = await entryOf(operation, requestId);
    expect(entry).toMatchObject({
      operation,
      caller: { kind: 'key', name: 'admin' },
      address: '127.0.0.1',
      status: response.status,
    });
    expect(Object.keys(entry.subject).sort()).toEqual(names.sort());
    expect(Date.parse(entry.endedAt!)).toBeGreaterThanOrEqual(Date.parse(entry.at));
  });

  it('leaves none for what only reads, or has a history of its own', async () => {
    await gateway.call('GET', '/v1/runs');
    await gateway.call('POST', '/v1/workflows/greet/runs', {});
    await gateway.client.secrets.put('last', 'x');
    await entryOf('secrets.set');
    const { items } = await search({ limit: 1000 });
    const seen = new Set(items.map(({ operation }) => operation));
    expect(seen).not.toContain('runs.search');
    expect(seen).not.toContain('runs.start');
  });
});

describe('an entry', () => {
  it('says which version was made, and nothing that was sent', async () => {
    await gateway.client.workflows.save('greet', { workflow: 'greet', do: [{ a: { set: 'sent' } }] });
    expect((await entryOf('workflows.save')).details).toMatchObject({ version: 2 });
    await gateway.client.workflows.publish('greet');
    expect(await entryOf('workflows.publish')).toMatchObject({ subject: { name: 'greet' }, details: { version: 2 } });
    await gateway.client.secrets.put('apiToken', 'do-not-tell');
    await entryOf('secrets.set');
    const { rows } = await asGateway.query(
      "SELECT string_agg(e::text, E'\\n') AS text FROM nightshift.audit_entries e",
    );
    expect(rows[0].text).toContain('apiToken');
    expect(rows[0].text).not.toContain('do-not-tell');
  });

  it('is found by who, what, of what and when, a page at a time', async () => {
    const before = new Date();
    for (const name of ['one', 'two', 'three']) await gateway.client.secrets.put(name, 'x');
    const last = await entryOf('secrets.set');
    expect((await search({ subject: 'two' })).items.map(({ subject }) => subject)).toEqual([{ name: 'two' }]);
    const since = { operation: 'secrets.set', from: before.toISOString() };
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search({ ...since, limit: 2, ...(cursor && { cursor }) });
      names.push(...page.items.map(({ subject }) => subject['name']!));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(names.sort()).toEqual(['one', 'three', 'two']);
    expect((await search({ actor: 'nobody' })).items).toEqual([]);
    expect(
      (await search({ actor: 'admin', operation: 'secrets.set', to: before.toISOString() })).items,
    ).not.toContainEqual(last);
    expect((await gateway.call('GET', '/v1/audit?cursor=1')).status).toBe(400);
    expect((await gateway.call('GET', '/v1/audit?from=soon')).status).toBe(400);
  });

  it('is on disk before the change is made: without it there is no change', async () => {
    const admin = new pg.Client(gateway.databaseUrl);
    await admin.connect();
    const locked = admin
      .query('BEGIN')
      .then(() => admin.query('LOCK TABLE nightshift.audit_entries IN EXCLUSIVE MODE'));
    await locked;
    const setting = gateway.client.secrets.put('later', 'x');
    await waitFor(
      async () => {
        const { rows } = await admin.query(
          `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'nightshift.audit_entries'::regclass`,
        );
        return rows.length > 0 ? true : undefined;
      },
      { describe: 'the entry to wait for the table' },
    );
    expect((await admin.query(`SELECT 1 FROM nightshift.secrets WHERE name = 'later'`)).rows).toEqual([]);
    await admin.query('COMMIT');
    await setting;
    expect((await admin.query(`SELECT 1 FROM nightshift.secrets WHERE name = 'later'`)).rows).toHaveLength(1);
    await admin.end();
  });

  it('has no outcome while nobody can say it, as of a gateway that is gone in the middle of a change', async () => {
    const admin = new pg.Client(gateway.databaseUrl);
    await admin.connect();
    await admin.query('BEGIN');
    await admin.query('LOCK TABLE nightshift.secrets IN EXCLUSIVE MODE');
    const dying = await openCutOff();
    const asked = fetch(`${dying.url}/v1/secrets/dying`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ value: 'x' }),
    });
    const entries = async () => (await search({ subject: 'dying' })).items;
    await waitFor(async () => ((await entries()).length > 0 ? true : undefined), { describe: 'the entry' });
    dying.cut();
    const { status } = await asked;
    await admin.query('ROLLBACK');
    await admin.end();
    expect(await entries()).toMatchObject([{ operation: 'secrets.set', status: null, endedAt: null }]);
    // It was not gone: it says what it has to say when it is heard again.
    dying.mend();
    await waitFor(async () => ((await entries())[0]?.status === status ? true : undefined), {
      describe: 'the outcome',
    });
    await dying.close();
  });

  it('cannot be changed or deleted by the gateway', async () => {
    const { id } = await entryOf('secrets.set');
    const refused = (sql: string) =>
      asGateway.query(sql, [id]).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    expect(await refused('DELETE FROM nightshift.audit_entries WHERE id = $1')).toBe('42501');
    expect(await refused(`UPDATE nightshift.audit_entries SET actor = 'x' WHERE id = $1`)).toBe('42501');
    expect(await refused('UPDATE nightshift.audit_entries SET status = 200, ended_at = now() WHERE id = $1')).toBe(
      '42501',
    );
    expect(await refused('UPDATE nightshift.audit_entries SET status = NULL, ended_at = NULL WHERE id = $1')).toBe(
      '42501',
    );
  });

  it('goes when it is old, by the scheduler alone', async () => {
    await asGateway.query(
      `INSERT INTO nightshift.audit_entries (id, at, operation, address, request_id, subject, about)
       VALUES ('00000000-0001-7000-8000-000000000000', '1970-01-01', 'secrets.set', '', '', '{}', '{}')`,
    );
    const scheduler = new pg.Client(gateway.databaseUrl);
    await scheduler.connect();
    await scheduler.query('SET ROLE nightshift_scheduler');
    await expect(scheduler.query('SELECT caller FROM nightshift.audit_entries')).rejects.toMatchObject({
      code: '42501',
    });
    await scheduler.end();
    const kept = (await search({ limit: 1000 })).items.length;
    expect(await gateway.ledger.audit.forget(new Date('2000-01-01'), 10)).toBe(1);
    expect((await search({ limit: 1000 })).items).toHaveLength(kept - 1);
  });
});

describe('who is not let in', () => {
  it('leaves an entry, now and then', async () => {
    const ask = () =>
      fetch(`${gateway.url}/v1/secrets/x`, { method: 'DELETE', headers: { authorization: 'Bearer wrong' } });
    for (let count = 0; count < 40; count++) expect((await ask()).status).toBe(401);
    const refusals = await waitFor(
      async () => {
        const { items } = await search({ operation: 'secrets.remove', limit: 1000 });
        const refused = items.filter(({ status }) => status === 401);
        return refused.length > 0 ? refused : undefined;
      },
      { describe: 'a refusal' },
    );
    expect(refusals.length).toBeLessThanOrEqual(10);
    expect(refusals.at(-1)).toMatchObject({ caller: null, address: '127.0.0.1', details: { code: 'auth.wrong_key' } });
    // Nobody has tried anything who shows no key.
    await fetch(`${gateway.url}/v1/runs`);
    expect((await search({ operation: 'runs.search' })).items).toEqual([]);
  });
});
