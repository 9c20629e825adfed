import { signals, type DataRequest } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;

const things = Array.from({ length: 1_234 }, (_, index) => ({ id: `thing-${index}`, email: `${index}@example.org` }));

/** Pages as the data service makes them; a cursor is where the next page begins. */
const search = (body: unknown): unknown => {
  const asked = body as DataRequest;
  if (asked.action !== 'search') return null;
  const start = Number(asked.search.cursor ?? 0);
  const end = start + (asked.search.limit ?? 50);
  return { items: things.slice(start, end), nextCursor: end < things.length ? String(end) : null };
};

const countRows = async (table: 'lists' | 'list_chunks'): Promise<number> => {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  try {
    return Number((await client.query(`SELECT count(*) FROM nightshift.${table}`)).rows[0].count);
  } finally {
    await client.end();
  }
};

beforeAll(async () => {
  gateway = await openTestGateway({ data: search });
  const parameters = {
    type: 'object',
    properties: {
      user: { type: 'object', properties: { email: { type: 'string' } }, required: ['email'] },
      tone: { default: 'warm' },
    },
  };
  await gateway.client.workflows.save('mail', { workflow: 'mail', parameters, do: [{ a: { set: 1 } }] });
  await gateway.client.workflows.publish('mail');
});
afterAll(() => gateway?.close());

const upload = (lines: string, query = 'as=user'): Promise<Response> =>
  gateway.call('POST', `/v1/workflows/mail/lists?${query}`, lines, { 'content-type': 'application/x-ndjson' });

describe('a list', () => {
  it('of items is admitted with its pacing, and everybody is told', async () => {
    const told: unknown[] = [];
    gateway.bus.subscribe(signals.lists, (body) => told.push(body));
    const { listId, total } = await gateway.client.lists.create('mail', {
      items: [{ email: 'a' }, { email: 'b' }],
      as: 'user',
      interval: { seconds: 2 },
      concurrency: 1,
      onComplete: 'mail',
    });
    expect(total).toBe(2);
    await waitFor(() => told.length > 0);
    expect(told).toEqual([{ listIds: [listId] }]);
    expect(await gateway.client.lists.get(listId)).toMatchObject({
      id: listId,
      workflow: 'mail',
      status: 'running',
      total: 2,
      handedOut: 0,
    });
    expect(await gateway.client.progress(listId)).toMatchObject({ kind: 'list', total: 2, done: 0, percent: 0 });
    const handedOut = await gateway.ledger.lists.handOut(listId, new Date());
    expect(handedOut?.runs[0]?.requested.parameters).toEqual({ user: { email: 'a' }, tone: 'warm' });
    expect((await gateway.client.lists.items(listId)).items).toEqual([
      { index: 0, item: { email: 'a' }, status: 'queued', runId: handedOut!.runs[0]!.runId, attempts: 1, error: null },
      { index: 1, item: { email: 'b' }, status: 'pending', runId: null, attempts: 0, error: null },
    ]);
  });

  it('of a search has everything that it finds', async () => {
    const { total } = await gateway.client.lists.create('mail', { query: { type: 'user' }, as: 'user' });
    expect(total).toBe(things.length);
  });

  it('is uploaded as it is made, however long it is', async () => {
    async function* items(): AsyncGenerator<object> {
      for (let index = 0; index < 20_000; index++) yield { email: `${index}@example.org`, padding: 'x'.repeat(100) };
    }
    const { listId, total } = await gateway.client.lists.create('mail', {
      items: items(),
      as: 'user',
      interval: { milliseconds: 10 },
    });
    expect(total).toBe(20_000);
    expect(await gateway.client.lists.get(listId)).toMatchObject({ total: 20_000 });
  });

  it('takes lines with any line end, and none at the end', async () => {
    const response = await upload('{"email":"a"}\r\n\n  \n{"email":"b"}');
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ total: 2 });
  });

  it('is admitted once for one id', async () => {
    const { listId, total } = await gateway.client.lists.create('mail', { items: [{ email: 'a' }], as: 'user' });
    const again = (items: Iterable<unknown>, id: string) =>
      gateway.ledger.lists.admit({
        listId: id,
        at: new Date().toISOString(),
        workflow: 'mail',
        workflowVersion: 1,
        parameters: {},
        itemParameter: 'user',
        items,
        startAt: null,
        intervalMs: null,
        concurrency: null,
        onComplete: null,
        parentRunId: null,
        depth: 0,
      });
    expect(await again([1, 2, 3], listId)).toBe(total);
    const id = listId.replace(/^.{8}/, '00000000');
    expect(await Promise.all([again([1, 2, 3], id), again([1, 2, 3], id)])).toEqual([3, 3]);
  });

  it('is cancelled once, however often it is asked for', async () => {
    const { listId } = await gateway.client.lists.create('mail', { items: [{ email: 'a' }], as: 'user' });
    expect(await gateway.client.lists.cancel(listId)).toMatchObject({ status: 'cancelled', dropped: 1 });
    expect(await gateway.client.lists.cancel(listId)).toMatchObject({ status: 'cancelled' });
    expect(await gateway.client.progress(listId)).toMatchObject({
      status: 'cancelled',
      done: 1,
      total: 1,
      percent: 100,
    });
  });
});

describe('a list with something wrong in it leaves nothing behind', () => {
  const expectNothing = async (work: () => Promise<void>): Promise<void> => {
    const before = [await countRows('lists'), await countRows('list_chunks')];
    await work();
    expect([await countRows('lists'), await countRows('list_chunks')]).toEqual(before);
  };
  const good = '{"email":"a@example.org"}\n';

  it('a line that is not JSON', () =>
    expectNothing(async () => {
      const response = await upload(`${good.repeat(1_500)}{"email":\n${good.repeat(100_000)}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: 'request.malformed',
        detail: expect.stringContaining('Line 1501'),
      });
    }));

  it('one line late in a million', () =>
    expectNothing(async () => {
      const lines = `${good.repeat(777_776)}{"email":7}\n${good.repeat(222_223)}`;
      const response = await upload(lines);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining('line 777777') });
    }));

  it('an item that does not fit', () =>
    expectNothing(async () => {
      const response = await upload(`${good.repeat(700)}{"name":"x"}\n`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: 'parameters.invalid',
        errors: [{ pointer: '/items/700/email', detail: expect.stringContaining('line 701') }],
      });
    }));

  it('pacing that does not fit', () =>
    expectNothing(async () => {
      const response = await upload(good, 'as=user&interval=often');
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'request.invalid', errors: [{ pointer: '/interval' }] });
    }));

  it('an upload that breaks off', () =>
    expectNothing(async () => {
      await new Promise<void>((resolve) => {
        const upload = request(`${gateway.url}/v1/workflows/mail/lists?as=user`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/x-ndjson' },
        });
        upload.on('error', () => resolve());
        upload.write(good.repeat(2_000), () => upload.destroy());
        upload.on('close', () => resolve());
      });
      await waitFor(async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
    }));
});
