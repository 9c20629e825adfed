import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
  await gateway.client.types.declare('user', {
    email: { kind: 'text', required: true, unique: true },
    age: { kind: 'integer' },
  });
});
afterAll(() => gateway?.close());

describe('types and things through the door', () => {
  it('a declared type is listed', async () => {
    expect((await gateway.client.types.list()).map(({ name }) => name)).toContain('user');
  });

  it('a thing is made, read, changed and deleted', async () => {
    const made = await gateway.call('POST', '/v1/things/user', { email: 'ada@example.org', age: 36 });
    expect(made.status).toBe(201);
    const thing = (await made.json()) as { id: string };
    expect(made.headers.get('location')).toBe(`/v1/things/user/${thing.id}`);
    expect(await gateway.client.things.get('user', thing.id)).toMatchObject({ email: 'ada@example.org', age: 36 });
    expect(await gateway.client.things.change('user', thing.id, { age: 37 })).toMatchObject({ age: 37 });
    expect(await gateway.client.things.delete('user', thing.id)).toMatchObject({ id: thing.id });
    await expect(gateway.client.things.get('user', thing.id)).rejects.toMatchObject({ code: 'thing.not_found' });
  });

  it('things are searched page by page', async () => {
    for (let age = 0; age < 5; age++) await gateway.client.things.create('user', { email: `${age}@example.org`, age });
    const page = await gateway.client.things.search('user', {
      where: { age: { gte: 1 } },
      sort: ['age'],
      limit: 3,
      count: true,
    });
    expect(page.items.map(({ age }) => age)).toEqual([1, 2, 3]);
    expect(page.count).toBe(4);
    const rest = await gateway.client.things.search('user', {
      where: { age: { gte: 1 } },
      sort: ['age'],
      limit: 3,
      cursor: page.nextCursor!,
    });
    expect(rest.items.map(({ age }) => age)).toEqual([4]);
  });

  it.each([
    ['POST', '/v1/things/usr', { email: 'x' }, 404, 'type.not_found'],
    ['POST', '/v1/things/no-type', {}, 404, 'type.not_found'],
    ['POST', '/v1/things/user', { emial: 'x' }, 400, 'thing.invalid'],
    ['POST', '/v1/things/user', { email: '0@example.org' }, 409, 'thing.in_conflict'],
    ['POST', '/v1/things/user/search', { where: { agee: 1 } }, 400, 'search.invalid'],
    ['POST', '/v1/things/user/search', { limit: 5_000 }, 400, 'request.invalid'],
    ['GET', '/v1/things/user/17', undefined, 404, 'thing.not_found'],
    ['PUT', '/v1/types/user', { fields: { x: { kind: 'colour' } } }, 400, 'request.invalid'],
  ])('%s %s with %o is refused', async (method, path, body, status, code) => {
    const response = await gateway.call(method, path, body);
    expect(await response.json()).toMatchObject({ status, code });
  });

  it('a search is explained', async () => {
    const { summary, reads } = await gateway.client.things.explain('user', { where: { email: 'x' } });
    expect(summary).toContain('user');
    expect(reads[0]).toMatchObject({ type: 'user' });
  });

  it.each([25, 400, 10_000, 150_000])('conditions that are nested %i deep are refused', async (depth) => {
    const nested = `{"where":${'{"and":['.repeat(depth)}{"age":1}${']}'.repeat(depth)}}`;
    const response = await fetch(`${gateway.url}/v1/things/user/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: nested.slice(0, 1_000_000),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: expect.stringMatching(/^(search|request)\.invalid$/) as string,
    });
  });

  it('a list of a search has a run for each thing', async () => {
    await gateway.client.workflows.save('mail', {
      workflow: 'mail',
      parameters: { type: 'object', properties: { user: { type: 'object' } } },
      do: [{ mark: { change: { type: 'user', id: '=parameters.user.id', fields: { age: 1 } } } }],
    });
    await gateway.client.workflows.publish('mail');
    const { total } = await gateway.client.lists.create('mail', {
      query: { type: 'user', where: { age: { lt: 3 } } },
      as: 'user',
    });
    expect(total).toBe(3);
  });

  it('a workflow with an unknown field is told the nearest one', async () => {
    const document = { workflow: 'wrong', do: [{ a: { change: { type: 'user', id: 'x', fields: { emial: 'x' } } } }] };
    const response = await gateway.call('PUT', '/v1/workflows/wrong', document);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'workflow.invalid',
      errors: [{ pointer: '/do/0/a/change/fields/emial', suggestion: 'email' }],
    });
  });
});
