import type { NightshiftError } from '@nightshift/client';
import { requests, type DataAnswer } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let sql: pg.Client;

const exported = async (type: string, wanted: object): Promise<string> =>
  new Response(await gateway.client.things.export(type, wanted)).text();
const rows = async <Row extends object>(text: string): Promise<Row[]> => (await sql.query<Row>(text)).rows;

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real', settings: { NIGHTSHIFT_BULK_TIMEOUT_MS: '1500' } });
  await gateway.client.types.declare('part', {
    code: { kind: 'text', required: true, unique: true },
    count: { kind: 'integer' },
    weight: { kind: 'number' },
    isSold: { kind: 'boolean' },
    madeOn: { kind: 'date' },
    seenAt: { kind: 'dateTime' },
    extra: { kind: 'json' },
    tags: { kind: 'text', list: true },
  });
  sql = new pg.Client(gateway.databaseUrl);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});
beforeEach(() => sql.query('DELETE FROM part'));

const csv = [
  'code,count,weight,isSold,madeOn,seenAt,extra,tags',
  'a,9007199254740993,1.5,true,2026-11-22,2026-11-22T15:03:11.000000Z,"{""a"": [1, null]}","[""x"",""y, z""]"',
  '"b ""quoted"",\nof two lines",,,,,,,',
  'c,-1,0.1,false,0001-01-01,1999-12-31T23:59:59.123456Z,"""text""",[]',
  '"",0,1e+100,,,,,',
  ' d ,,,,,,,',
  '',
].join('\n');
const columns = csv.split('\n', 1)[0]!.split(',');

describe('an export', () => {
  it('of what was imported is the same, byte for byte', async () => {
    const sorted = csv.split('\n');
    await gateway.client.imports.upload('part', { csv }, { onError: 'stop' });
    const back = await exported('part', { fields: columns, sort: ['createdAt', 'id'] });
    expect(back).toBe(sorted.join('\n'));
  });

  it('can be imported elsewhere as it is', async () => {
    await gateway.client.imports.upload('part', { csv });
    const before = await rows('SELECT id, code, count, tags FROM part ORDER BY id');
    for (const format of ['csv', 'ndjson'] as const) {
      const text = await exported('part', { format });
      await sql.query('DELETE FROM part');
      const source =
        format === 'csv'
          ? { csv: text }
          : (async function* () {
              for (const line of text.trim().split('\n')) {
                const { count, ...rest } = JSON.parse(line) as Record<string, unknown>;
                // JSON numbers are not exact there, so it is a text.
                yield { ...rest, count: typeof count === 'string' ? 1 : count };
              }
            })();
      expect(await gateway.client.imports.upload('part', source)).toMatchObject({ failed: 0 });
      if (format === 'csv') expect(await rows('SELECT id, code, count, tags FROM part ORDER BY id')).toEqual(before);
    }
  });

  it('holds everything that is found, as one moment had it', async () => {
    await sql.query(`INSERT INTO part (code, count, extra)
      SELECT 'p' || n, n, jsonb_build_object('text', repeat('x', 200)) FROM generate_series(1, 12000) n`);
    const stream = await gateway.client.things.export('part', {
      where: { count: { gt: 2_000 } },
      sort: ['-count'],
      fields: ['count', 'extra'],
      format: 'ndjson',
    });
    const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    const first = await reader.read();
    await sql.query('DELETE FROM part');
    let text = first.value ?? '';
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
    const counts = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { count: number }).count);
    expect(counts).toEqual(Array.from({ length: 10_000 }, (_, n) => 12_000 - n));
  });

  it('of nothing is a header', async () => {
    expect(await exported('part', { fields: ['code', 'count'] })).toBe('code,count\n');
    expect(await exported('part', { format: 'ndjson' })).toBe('');
  });

  it('breaks off where it cannot be finished, and is not taken for a whole one', async () => {
    await sql.query(`INSERT INTO part (code, extra)
      SELECT 'p' || n, jsonb_build_object('text', repeat('x', 2000)) FROM generate_series(1, 20000) n`);
    const stream = await gateway.client.things.export('part', {});
    const reader = stream.getReader();
    await reader.read();
    await sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'FETCH%' AND datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const rest = async (): Promise<void> => {
      for (let piece = await reader.read(); !piece.done;) piece = await reader.read();
    };
    await expect(rest()).rejects.toThrow();
  });

  it('whose reader goes away holds nothing', async () => {
    await sql.query(`INSERT INTO part (code, extra)
      SELECT 'p' || n, jsonb_build_object('text', repeat('x', 2000)) FROM generate_series(1, 20000) n`);
    const stream = await gateway.client.things.export('part', {});
    await stream.cancel();
    const open = async (): Promise<number> =>
      (
        await rows<{ n: number }>(
          `SELECT count(*)::int AS n FROM pg_stat_activity
           WHERE query LIKE 'FETCH%' AND state LIKE 'idle in transaction%' AND datname = current_database()`,
        )
      )[0]!.n;
    await waitFor(async () => (await open()) === 0, { describe: 'no export to be open' });
  });

  it.each([
    [{ fields: ['cod'] }, 'search.invalid'],
    [{ where: { cod: 1 } }, 'search.invalid'],
    [{ sort: ['extra'] }, 'search.invalid'],
    [{ format: 'xml' }, 'request.invalid'],
  ])('%o is refused before anything is sent', async (wanted, code) => {
    const response = await gateway.call('POST', '/v1/things/part/export', wanted);
    expect(await response.json()).toMatchObject({ code, status: 400 });
  });
});

describe('many things at once', () => {
  beforeEach(() => sql.query(`INSERT INTO part (code, count) SELECT 'p' || n, n FROM generate_series(1, 10000) n`));

  it('are counted, changed and deleted', async () => {
    const { client } = gateway;
    const where = { count: { lte: 6_000 } };
    expect(await client.things.changeMany('part', { where, increment: { count: 1 }, dryRun: true })).toEqual({
      changed: 6_000,
      dryRun: true,
    });
    expect((await rows(`SELECT sum(count)::int AS n FROM part`))[0]).toEqual({ n: 50_005_000 });
    expect(await client.things.changeMany('part', { where, fields: { weight: 2 }, increment: { count: 1 } })).toEqual({
      changed: 6_000,
    });
    expect((await rows(`SELECT sum(count)::int AS n, sum(weight)::int AS w FROM part`))[0]).toEqual({
      n: 50_011_000,
      w: 12_000,
    });
    const ids = (await rows<{ id: string }>('SELECT id FROM part ORDER BY count LIMIT 3')).map(({ id }) => id);
    expect(await client.things.deleteMany('part', { ids, dryRun: true })).toEqual({ deleted: 3, dryRun: true });
    expect(await client.things.deleteMany('part', { ids })).toEqual({ deleted: 3 });
    expect(await client.things.deleteMany('part', { where: {} })).toEqual({ deleted: 9_997 });
  });

  it('are all changed or none', async () => {
    await expect(
      gateway.client.things.changeMany('part', { where: {}, fields: { code: 'same' } }),
    ).rejects.toMatchObject({
      code: 'thing.in_conflict',
    });
    expect((await rows(`SELECT count(*)::int AS n FROM part WHERE code = 'same'`))[0]).toEqual({ n: 0 });
  });

  it('are changed once under a key', async () => {
    const change = { where: { count: { lte: 10 } }, increment: { count: 100_000 } };
    const [one, two] = await Promise.all([
      gateway.client.things.changeMany('part', change, { idempotencyKey: 'k' }),
      gateway.client.things.changeMany('part', change, { idempotencyKey: 'k' }),
    ]);
    expect([one, two]).toEqual([{ changed: 10 }, { changed: 10 }]);
    expect((await rows(`SELECT count(*)::int AS n FROM part WHERE count > 100000`))[0]).toEqual({ n: 10 });
  });

  it('have more time than a single request, and then an error that says so', async () => {
    await sql.query(
      `CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(10); RETURN NEW; END'`,
    );
    await sql.query('CREATE TRIGGER slowly BEFORE UPDATE ON part FOR EACH STATEMENT EXECUTE FUNCTION slowly()');
    const failure = await gateway.client.things
      .changeMany('part', { where: {}, fields: { weight: 7 } })
      .catch((error: unknown) => error as NightshiftError);
    await sql.query('DROP TRIGGER slowly ON part');
    expect(failure).toMatchObject({ code: 'things.timeout' });
    expect((await rows(`SELECT count(*)::int AS n FROM part WHERE weight = 7`))[0]).toEqual({ n: 0 });
    // The connection that it was done on is as it was.
    const answer = await gateway.bus.request<DataAnswer>(
      requests.bulk,
      { action: 'search', type: 'part', search: { limit: 1 } },
      { timeoutMs: 5_000 },
    );
    expect(answer).toMatchObject({ items: [{}] });
  });
});

describe('a change of many things', () => {
  it.each([
    ['change', { fields: { count: 1 } }],
    ['delete', {}],
    ['delete', { ids: [], where: {} }],
    ['delete', { dryRun: true }],
    ['change', { where: {}, filds: {} }],
  ])('%s of %o is refused', async (action, body) => {
    const response = await gateway.call('POST', `/v1/things/part/${action}`, body);
    expect(await response.json()).toMatchObject({ code: 'request.invalid', status: 400 });
  });
});

describe('a thing that is changed only as it was read', () => {
  const make = async () => {
    const response = await gateway.call('POST', '/v1/things/part', { code: 'v', count: 1 });
    return { id: ((await response.json()) as { id: string }).id, etag: response.headers.get('etag')! };
  };
  const patch = (id: string, fields: object, headers: Record<string, string>) =>
    gateway.call('PATCH', `/v1/things/part/${id}`, fields, headers);

  it('has the same version however it is read, and another one after each change', async () => {
    const { id, etag } = await make();
    expect(etag).toMatch(/^"\d+"$/);
    expect(await gateway.client.things.getWithVersion('part', id)).toMatchObject({ etag, thing: { count: 1 } });
    const changed = await patch(id, { count: 2 }, { 'if-match': etag });
    expect(changed.status).toBe(200);
    const next = changed.headers.get('etag')!;
    expect(next).not.toBe(etag);
    expect(await gateway.client.things.getWithVersion('part', id)).toMatchObject({ etag: next });
    await sql.query('UPDATE part SET count = 3');
    const refused = await patch(id, { count: 4 }, { 'if-match': next });
    expect(refused.status).toBe(412);
    expect(await refused.json()).toMatchObject({ code: 'thing.changed', thing: { id, count: 3 } });
    expect((await patch(id, { count: 4 }, { 'if-match': refused.headers.get('etag')! })).status).toBe(200);
    expect((await patch(id, {}, { 'if-match': next })).status).toBe(412);
  });

  it('is changed by one of many who have read it', async () => {
    const { id, etag } = await make();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => patch(id, { count: 100 + n }, { 'if-match': etag })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
  });

  it('is answered again under its key', async () => {
    const { id, etag } = await make();
    const keyed = { 'if-match': etag, 'idempotency-key': `patch-${id}` };
    expect((await patch(id, { count: 2 }, keyed)).status).toBe(200);
    expect((await patch(id, { count: 2 }, keyed)).headers.get('idempotency-replayed')).toBe('true');
    // What the data service is asked again by a gateway that did not hear the answer.
    const again = await gateway.bus.request(
      requests.versioned,
      { request: { action: 'change', type: 'part', id, fields: { count: 5 }, key: `k/${id}` }, ifVersion: ['x'] },
      { timeoutMs: 5_000 },
    );
    expect(again).toMatchObject({ isChanged: true, thing: { count: 2 } });
  });

  it('is deleted only as it was read', async () => {
    const { id, etag } = await make();
    await patch(id, { count: 2 }, {});
    await expect(gateway.client.things.delete('part', id, { ifMatch: etag })).rejects.toMatchObject({
      code: 'thing.changed',
    });
    const { etag: now } = await gateway.client.things.getWithVersion('part', id);
    expect(await gateway.client.things.delete('part', id, { ifMatch: now })).toMatchObject({ id, count: 2 });
    await expect(gateway.client.things.delete('part', id, { ifMatch: now })).rejects.toMatchObject({
      code: 'thing.not_found',
    });
  });
});
