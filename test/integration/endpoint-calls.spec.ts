import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

const echo = { do: [{ nothing: { set: null } }], return: '=parameters' };
const order = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
    express: { type: 'boolean', default: false },
    due: { type: 'string', format: 'date' },
    headers: { type: 'object' },
  },
  required: ['id'],
  additionalProperties: false,
};

beforeAll(async () => {
  platform = await openTestPlatform();
  const { publish } = platform;
  const methods = ['GET', 'POST', 'HEAD'];
  await publish('orders', {
    ...echo,
    parameters: order,
    expose: { auth: 'none', methods, path: '/orders/{id}', headers: ['x-request-id'] },
  });
  await publish('plain', { ...echo, parameters: order, expose: { auth: 'none', methods } });
  await publish('for-users', { ...echo, expose: { auth: 'user' } });
  await publish('for-admins', { ...echo, expose: {} });
  await publish('inside', echo);
  await publish('whole-body', { ...echo, expose: { auth: 'none', bodyAs: 'items' } });
  const when = '$uppercase(parameters.word) = "OPEN" and $not($exists(currentUser.id))';
  await publish('guarded', { ...echo, expose: { auth: 'none', when } });
  await publish('guarded-hook', { ...echo, expose: { auth: 'none', when, whenNotMet: 200 } });
}, 60_000);
afterAll(() => platform?.close());

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${platform.url}/wf/${path}`, { redirect: 'manual', ...init });
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const admin = (): Record<string, string> => ({ authorization: `Bearer ${platform.adminKey}` });
const countRuns = async (): Promise<number> =>
  (await platform.query<{ count: number }>('SELECT count(*)::int AS count FROM nightshift.runs'))[0]!.count;

describe('parameters', () => {
  it('come from the path, the query and the headers that are asked for', async () => {
    const answer = await call('orders/orders/17?tags=a&tags=b&express=true', {
      headers: { 'x-request-id': 'r1', 'x-other': 'no' },
    });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { id: 17, tags: ['a', 'b'], express: true, headers: { 'x-request-id': 'r1' } },
    ]);
  });

  it.each([
    ['URL-encoded', new URLSearchParams('id=3&tags=a&tags=b&express=true')],
    [
      'multipart',
      (() => {
        const form = new FormData();
        for (const [name, value] of Object.entries({ id: '3', express: 'true' })) form.append(name, value);
        for (const tag of ['a', 'b']) form.append('tags', tag);
        return form;
      })(),
    ],
  ])('come from a form: %s', async (_, body) => {
    const answer = await call('plain', { method: 'POST', body });
    expect([answer.status, await answer.json()]).toEqual([200, { id: 3, tags: ['a', 'b'], express: true }]);
  });

  it('come from a body as a whole, whatever it is', async () => {
    expect(await (await post('whole-body', [1, 2])).json()).toEqual({ items: [1, 2] });
    const text = await call('whole-body', { method: 'POST', body: 'a;b', headers: { 'content-type': 'text/plain' } });
    expect(await text.json()).toEqual({ items: 'a;b' });
  });

  it('may be given in two places if they are the same', async () => {
    expect(await (await post('orders/orders/17', { id: 17 })).json()).toEqual({ id: 17, express: false, headers: {} });
    const answer = await post('orders/orders/17', { id: 18 });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { code: 'parameters.invalid', errors: [{ pointer: '/id', detail: expect.stringContaining('the body') }] },
    ]);
    expect((await post('orders/orders/17', { headers: { 'x-request-id': 'forged' } })).status).toBe(400);
  });

  it.each<[string, () => Promise<Response>, number, string | undefined]>([
    ['a missing one', () => post('plain', {}), 400, '/id'],
    ['a wrong type', () => post('plain', { id: 'x' }), 400, '/id'],
    ['a wrong type in the path', () => call('orders/orders/x'), 400, '/id'],
    ['a wrong format', () => post('plain', { id: 1, due: 'soon' }), 400, '/due'],
    ['an unknown one', () => post('plain', { id: 1, colour: 'red' }), 400, '/colour'],
    ['a list in place of an object', () => post('plain', [1]), 400, ''],
    [
      'JSON that is none',
      () => call('plain', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }),
      400,
      undefined,
    ],
    [
      'a poisoned prototype',
      () =>
        call('plain', {
          method: 'POST',
          body: '{"__proto__":{"id":1}}',
          headers: { 'content-type': 'application/json' },
        }),
      400,
      undefined,
    ],
    [
      'another content type',
      () => call('plain', { method: 'POST', body: 'id=1', headers: { 'content-type': 'text/plain' } }),
      415,
      undefined,
    ],
    [
      'a file in a form',
      () => {
        const body = new FormData();
        body.append('id', new Blob(['1']), 'id.txt');
        return call('plain', { method: 'POST', body });
      },
      400,
      undefined,
    ],
    ['a body of more than a megabyte', () => post('plain', { id: 1, tags: ['x'.repeat(1024 * 1024)] }), 413, undefined],
  ])('that are not right leave no run behind: %s', async (_, send, status, pointer) => {
    const before = await countRuns();
    const answer = await send();
    expect(answer.status).toBe(status);
    const problem = await answer.json();
    if (pointer !== undefined) expect(problem).toMatchObject({ code: 'parameters.invalid', errors: [{ pointer }] });
    expect(await countRuns()).toBe(before);
  });
});

describe('who calls', () => {
  it('is nobody, a user or a key', async () => {
    const user = { ...admin(), 'nightshift-user': '' };
    const statuses = async (path: string): Promise<number[]> =>
      Promise.all(
        [{}, { authorization: 'Bearer wrong-key-of-somebody' }, user, admin()].map(
          async (headers) => (await post(path, {}, headers)).status,
        ),
      );
    expect(await statuses('guarded-hook')).toEqual([200, 200, 200, 200]);
    expect(await statuses('for-users')).toEqual([401, 401, 403, 200]);
    expect(await statuses('for-admins')).toEqual([401, 401, 403, 200]);
  });

  it('who is nobody is bound by privacy rules, unless the workflow ignores them', async () => {
    await platform.client.types.declare('letter', { text: { kind: 'text' } });
    const find = {
      do: [{ found: { search: { type: 'letter' } } }],
      return: '=$count(found.items)',
      expose: { auth: 'none' },
    };
    await platform.client.things.create('letter', { text: 'x' });
    await platform.publish('find-as-caller', find);
    await platform.publish('find-all', { ...find, ignorePrivacy: true });
    expect(await (await post('find-all', {})).json()).toBe(1);
    const asCaller = await post('find-as-caller', {});
    expect([asCaller.status, await asCaller.json()]).toEqual([200, 0]);
    expect(await (await post('find-as-caller', {}, admin())).json()).toBe(1);
  });
});

describe('what is not there', () => {
  it('looks the same from outside, whatever it is', async () => {
    await platform.client.workflows.save('only-a-draft', {
      workflow: 'only-a-draft',
      ...echo,
      expose: { auth: 'none' },
    });
    for (const path of [
      'unknown',
      'inside',
      'only-a-draft',
      'orders',
      'orders/orders',
      'orders/orders/1/2',
      'plain/1',
    ]) {
      const answer = await call(path);
      const name = path.split('/')[0]!;
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        404,
        {
          type: expect.any(String),
          title: 'There is no such endpoint',
          status: 404,
          code: 'workflow.not_exposed',
          detail: `There is no endpoint "${name}"`,
        },
      ]);
    }
    expect((await fetch(`${platform.url}/wf-draft/only-a-draft`, { method: 'POST' })).status).toBe(200);
  });

  it('a method is told from it, and HEAD and OPTIONS start nothing that was not asked for', async () => {
    const wrong = await call('plain?id=1', { method: 'PUT' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD']);
    const before = await countRuns();
    const options = await call('plain', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS']);
    expect((await call('guarded', { method: 'HEAD' })).status).toBe(405);
    expect(await countRuns()).toBe(before);
    const head = await call('plain?id=1', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(await countRuns()).toBe(before + 1);
  });
});

it('a condition that is not met starts nothing', async () => {
  const before = await countRuns();
  const refused = await post('guarded', { word: 'shut' });
  expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'endpoint.condition_not_met' }]);
  const ignored = await post('guarded-hook', { word: 'shut' });
  expect([ignored.status, await ignored.json()]).toEqual([200, { conditionMet: false }]);
  expect(await countRuns()).toBe(before);
  expect(await (await post('guarded', { word: 'open' })).json()).toEqual({ word: 'open' });
  const failing = await post('guarded', { word: 7 });
  expect([failing.status, await failing.json()]).toMatchObject([422, { code: 'expression.failed' }]);
});

describe('samples', () => {
  const detect = (body: unknown, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
    fetch(`${platform.url}/wf-draft/hook-of-shop/initialize${query}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...admin(), 'content-type': 'application/json', ...headers },
    });

  it('propose the parameters, together, and run nothing', async () => {
    const before = await countRuns();
    const first = {
      id: 7,
      mail: 'ada@example.com',
      at: '2026-01-02T03:04:05Z',
      lines: [{ sku: 'a', n: 1 }],
      note: null,
    };
    await detect(first);
    const answer = await detect(
      { id: 7.5, mail: 'none', at: '2026-02-02T03:04:05+01:00', lines: [{ sku: 'b' }, { sku: 'c', n: 2 }], note: 'x' },
      { 'x-shop': '1', authorization: admin()['authorization']! },
      '?headers=true',
    );
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        workflow: 'hook-of-shop',
        samples: 2,
        parameters: {
          type: 'object',
          properties: {
            id: { type: 'number' },
            mail: { type: 'string' },
            at: { type: 'string', format: 'date-time' },
            lines: {
              type: 'array',
              items: {
                type: 'object',
                properties: { sku: { type: 'string' }, n: { type: 'integer' } },
                required: ['sku'],
              },
            },
            note: { type: ['null', 'string'] },
            headers: { type: 'object', properties: { 'x-shop': { type: 'string' } }, required: ['x-shop'] },
          },
          required: ['at', 'id', 'lines', 'mail', 'note'],
        },
      },
    ]);
    expect(await countRuns()).toBe(before);
    const kept = JSON.stringify(await platform.query('SELECT * FROM nightshift.endpoint_samples'));
    expect(kept).not.toContain('ada@example.com');
    const parameters = ((await (await detect(first)).json()) as { parameters: object }).parameters;
    await platform.publish('hook-of-shop', { ...echo, parameters, expose: { auth: 'none' } });
    expect((await post('hook-of-shop', { ...first, headers: { 'x-shop': '1' } })).status).toBe(200);
    const differing = (await (await detect({ id: 'seven' })).json()) as { differences: unknown[] };
    expect(differing.differences).toContainEqual({ pointer: '/id', detail: 'must be number' });
  });

  it('of forms are read as forms are', async () => {
    await fetch(`${platform.url}/wf-draft/hook-of-shop/initialize`, { method: 'DELETE', headers: admin() });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const { parameters } = (await (await detect('n=12&zip=01234&ok=true&tag=a&tag=b', form)).json()) as {
      parameters: { properties: object };
    };
    expect(parameters.properties).toEqual({
      n: { type: 'integer' },
      zip: { type: 'string' },
      ok: { type: 'boolean' },
      tag: { type: 'array', items: { type: 'string' } },
    });
  });

  it('need a role, a body that is not too large, and keys', async () => {
    const url = `${platform.url}/wf-draft/hook-of-shop/initialize`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(401);
    expect((await fetch(url)).status).toBe(401);
    expect((await detect([1])).status).toBe(400);
    expect((await detect({ a: 'x'.repeat(1024 * 1024) })).status).toBe(413);
    for (let count = 0; count < 60; count++) await detect({ [`key${count}`]: 1 });
    const rows = await platform.query("SELECT FROM nightshift.endpoint_samples WHERE workflow = 'hook-of-shop'");
    expect(rows).toHaveLength(50);
  });
});
