import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;

const workflow = {
  workflow: 'greet',
  parameters: {
    type: 'object',
    properties: { name: { type: 'string' }, times: { type: 'integer', default: 1 } },
    required: ['name'],
    additionalProperties: false,
  },
  do: [{ greeting: { set: '="Hello " & parameters.name' } }],
  return: { greeting: '=greeting' },
};

beforeAll(async () => {
  gateway = await openTestGateway();
  await gateway.client.workflows.save('greet', workflow);
  await gateway.client.workflows.publish('greet');
  await gateway.client.workflows.save('draft-only', { ...workflow, workflow: 'draft-only' });
});
afterAll(() => gateway?.close());

const someId = '0190a000-0000-7000-8000-000000000000';
const key = { authorization: 'Bearer the-key-of-the-tests-0123456789' };
const json = { ...key, 'content-type': 'application/json' };

interface Wrong {
  what: string;
  request: [method: string, path: string, headers: Record<string, string>, body?: string | Uint8Array];
  status: number;
  code: string;
  /** Places that `errors` names. */
  pointers?: string[];
}

const wrongs: Wrong[] = [
  { what: 'a missing key', request: ['GET', '/v1/runs', {}], status: 401, code: 'auth.missing_key' },
  {
    what: 'another scheme',
    request: ['GET', '/v1/runs', { authorization: 'Basic eDp5' }],
    status: 401,
    code: 'auth.missing_key',
  },
  {
    what: 'a wrong key',
    request: ['GET', '/v1/runs', { authorization: 'Bearer nope' }],
    status: 401,
    code: 'auth.wrong_key',
  },
  {
    what: 'a key in the URL',
    request: ['GET', '/v1/events?key=the-key-of-the-tests-0123456789', {}],
    status: 401,
    code: 'auth.missing_key',
  },
  { what: 'an unknown route', request: ['GET', '/v1/nothing', key], status: 404, code: 'request.unknown_route' },
  {
    what: 'an unknown route without a key',
    request: ['GET', '/nothing/at/all', {}],
    status: 404,
    code: 'request.unknown_route',
  },
  {
    what: 'a path that cannot be decoded',
    request: ['GET', '/v1/runs/%zz', key],
    status: 400,
    code: 'request.malformed',
  },
  { what: 'a wrong method', request: ['DELETE', '/v1/runs', key], status: 405, code: 'request.method_not_allowed' },
  {
    what: 'malformed JSON',
    request: ['POST', '/v1/workflows/greet/runs', json, '{"parameters": {'],
    status: 400,
    code: 'request.malformed',
  },
  {
    what: 'a poisoned prototype',
    request: ['POST', '/v1/workflows/greet/runs', json, '{"parameters": {"__proto__": {"x": 1}}}'],
    status: 400,
    code: 'request.malformed',
  },
  {
    what: 'a body of 10 MB',
    request: ['POST', '/v1/workflows/greet/runs', json, `{"parameters":{"name":"${'x'.repeat(10_000_000)}"}}`],
    status: 413,
    code: 'request.too_large',
  },
  {
    what: 'another content type',
    request: ['POST', '/v1/workflows/greet/runs', { ...key, 'content-type': 'text/plain' }, 'hi'],
    status: 415,
    code: 'request.unsupported_media_type',
  },
  {
    what: 'NDJSON where there is no list',
    request: ['POST', '/v1/things/user', { ...key, 'content-type': 'application/x-ndjson' }, '{}\n'],
    status: 415,
    code: 'request.unsupported_media_type',
  },
  {
    what: 'YAML where there is no document',
    request: ['POST', '/v1/workflows/greet/runs', { ...key, 'content-type': 'application/yaml' }, 'a: 1'],
    status: 415,
    code: 'request.unsupported_media_type',
  },
  {
    what: 'an unknown key in the body',
    request: ['POST', '/v1/workflows/greet/runs', json, '{"parametres":{}}'],
    status: 400,
    code: 'request.invalid',
    pointers: ['/parametres'],
  },
  {
    what: 'wrong parameters',
    request: ['POST', '/v1/workflows/greet/runs', json, '{"parameters":{"times":"many","x":1}}'],
    status: 400,
    code: 'parameters.invalid',
    pointers: ['/parameters/name', '/parameters/times', '/parameters/x'],
  },
  {
    what: 'a wait that is none',
    request: ['POST', '/v1/workflows/greet/runs?wait=soon', json, '{}'],
    status: 400,
    code: 'request.invalid',
    pointers: ['/wait'],
  },
  {
    what: 'an unknown workflow',
    request: ['POST', '/v1/workflows/unknown/runs', json, '{}'],
    status: 404,
    code: 'workflow.not_found',
  },
  {
    what: 'a name that no workflow can have',
    request: ['GET', '/v1/workflows/No%20Name', key],
    status: 404,
    code: 'workflow.not_found',
  },
  {
    what: 'a draft',
    request: ['POST', '/v1/workflows/draft-only/runs', json, '{"parameters":{"name":"x"}}'],
    status: 409,
    code: 'workflow.not_published',
  },
  { what: 'an id that is none', request: ['GET', '/v1/runs/1', key], status: 404, code: 'run.not_found' },
  { what: 'an unknown run', request: ['GET', `/v1/runs/${someId}`, key], status: 404, code: 'run.not_found' },
  {
    what: 'the history of an unknown run',
    request: ['GET', `/v1/runs/${someId}/events`, key],
    status: 404,
    code: 'run.not_found',
  },
  {
    what: 'cancelling an unknown run',
    request: ['POST', `/v1/runs/${someId}/cancel`, json, ''],
    status: 404,
    code: 'run.not_found',
  },
  {
    what: 'an unknown schedule',
    request: ['GET', `/v1/schedules/${someId}`, key],
    status: 404,
    code: 'schedule.not_found',
  },
  {
    what: 'cancelling an unknown schedule',
    request: ['DELETE', `/v1/schedules/${someId}`, key],
    status: 404,
    code: 'schedule.not_found',
  },
  { what: 'an unknown list', request: ['GET', `/v1/lists/${someId}`, key], status: 404, code: 'list.not_found' },
  {
    what: 'cancelling an unknown list',
    request: ['POST', `/v1/lists/${someId}/cancel`, key],
    status: 404,
    code: 'list.not_found',
  },
  {
    what: 'an unknown recurrence',
    request: ['GET', '/v1/workflows/greet/recurrences/daily', key],
    status: 404,
    code: 'recurrence.not_found',
  },
  {
    what: 'a recurrence with a wrong cron',
    request: ['PUT', '/v1/workflows/greet/recurrences/daily', json, '{"cron":"61 * * * *","parameters":{"name":"x"}}'],
    status: 400,
    code: 'recurrence.invalid',
    pointers: ['/cron'],
  },
  {
    what: 'a recurrence with a wrong parameter',
    request: ['PUT', '/v1/workflows/greet/recurrences/daily', json, '{"every":{"days":1}}'],
    status: 400,
    code: 'parameters.invalid',
    pointers: ['/parameters/name'],
  },
  {
    what: 'a schedule without a time',
    request: ['POST', '/v1/workflows/greet/schedules', json, '{"parameters":{"name":"x"}}'],
    status: 400,
    code: 'request.invalid',
  },
  {
    what: 'a schedule with a wrong parameter',
    request: ['POST', '/v1/workflows/greet/schedules', json, '{"in":"PT1M","parameters":{}}'],
    status: 400,
    code: 'parameters.invalid',
    pointers: ['/parameters/name'],
  },
  {
    what: 'a list without items',
    request: ['POST', '/v1/workflows/greet/lists', json, '{"as":"name"}'],
    status: 400,
    code: 'request.invalid',
  },
  {
    what: 'a list with a wrong item',
    request: ['POST', '/v1/workflows/greet/lists', json, '{"as":"name","items":["a","b",3]}'],
    status: 400,
    code: 'parameters.invalid',
    pointers: ['/items/2'],
  },
  {
    what: 'a list that ends in nothing',
    request: ['POST', '/v1/workflows/greet/lists', json, '{"as":"name","items":[],"onComplete":"nowhere"}'],
    status: 400,
    code: 'request.invalid',
    pointers: ['/onComplete'],
  },
  {
    what: 'a wrong status in a search',
    request: ['GET', '/v1/runs?status=done', key],
    status: 400,
    code: 'request.invalid',
    pointers: ['/status'],
  },
  {
    what: 'an unknown event type',
    request: ['GET', '/v1/events?type=RunSuceeded', key],
    status: 400,
    code: 'request.invalid',
    pointers: ['/type'],
  },
  {
    what: 'events of an unknown run',
    request: ['GET', `/v1/events?run=${someId}`, key],
    status: 404,
    code: 'run.not_found',
  },
  {
    what: 'a workflow that is not exposed',
    request: ['POST', '/wf/greet', json, '{}'],
    status: 404,
    code: 'workflow.not_exposed',
  },
  { what: 'an unknown endpoint', request: ['GET', '/wf/unknown', {}], status: 404, code: 'workflow.not_exposed' },
];

describe('whatever is wrong is answered with a problem and its code', () => {
  it.each(wrongs)('$what', async ({ request: [method, path, headers, body], status, code, pointers }) => {
    const response = await fetch(gateway.url + path, { method, headers, ...(body && { body: body as string }) });
    const problem = (await response.json()) as {
      code: string;
      status: number;
      title: string;
      errors?: { pointer: string }[];
    };
    expect(problem).toMatchObject({ code, status });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problem.title).toBeTruthy();
    if (pointers) expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual(pointers);
  });

  it('a wrong method names the right ones', async () => {
    const response = await gateway.call('DELETE', '/v1/runs');
    expect(response.headers.get('allow')).toBe('GET');
  });

  it('a missing key says which scheme is asked for', async () => {
    expect((await fetch(`${gateway.url}/v1/runs`)).headers.get('www-authenticate')).toBe('Bearer');
  });

  it('leaves no run behind', async () => {
    expect((await gateway.client.runs.search({ workflow: 'greet' })).items).toEqual([]);
  });

  it('and the gateway is still ready', async () => {
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

describe('a wrong document', () => {
  const save = async (document: string | object) => {
    const response = await gateway.call('PUT', '/v1/workflows/wrong', document, {
      'content-type': typeof document === 'string' ? 'text/yaml' : 'application/json',
    });
    return {
      status: response.status,
      problem: (await response.json()) as {
        code: string;
        errors: { pointer: string; detail: string; suggestion?: string }[];
      },
    };
  };

  it.each([
    ['an unknown key', { workflow: 'wrong', titel: 'x', do: [{ a: { set: 1 } }] }, '/titel', 'title'],
    ['a bad expression', { workflow: 'wrong', do: [{ a: { set: '=1 +' } }] }, '/do/0/a/set', undefined],
    ['two steps of one name', { workflow: 'wrong', do: [{ a: { set: 1 } }, { a: { set: 2 } }] }, '/do/1/a', undefined],
    [
      'an unknown type',
      { workflow: 'wrong', do: [{ a: { get: { type: 'usr', id: 'x' } } }] },
      '/do/0/a/get/type',
      undefined,
    ],
    ['another name than in the path', { workflow: 'other', do: [{ a: { set: 1 } }] }, '/workflow', 'wrong'],
  ])('%s gets its place', async (_what, document, pointer, suggestion) => {
    const { status, problem } = await save(document);
    expect(status).toBe(422);
    expect(problem.code).toBe('workflow.invalid');
    const found = problem.errors.find((error) => error.pointer === pointer);
    expect(found, JSON.stringify(problem.errors)).toBeDefined();
    expect(found?.detail).toBeTruthy();
    if (suggestion) expect(found?.suggestion).toBe(suggestion);
  });

  it('YAML that cannot be read gets line and column', async () => {
    const { status, problem } = await save('workflow: wrong\ndo:\n  - a: [1\n');
    expect(status).toBe(422);
    expect(problem.errors[0]?.detail).toMatch(/line \d+, column \d+/);
  });

  it('is not saved', async () => {
    expect((await gateway.call('GET', '/v1/workflows/wrong')).status).toBe(404);
  });
});
