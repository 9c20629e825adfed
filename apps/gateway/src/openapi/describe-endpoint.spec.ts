import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { describeEndpoint, type Exposed } from './describe-endpoint.ts';
import { makeOpenApiDocument, type Addition } from './openapi-document.ts';

interface Described {
  parameters: { name?: string; in?: string; $ref?: string }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, object>; headers?: object }>;
  security: object[];
  'x-required-role': string;
}

const parameters = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    express: { type: 'boolean' },
    headers: { type: 'object', properties: { 'x-shop': { type: 'string' } }, required: ['x-shop'] },
  },
  required: ['id', 'headers'],
  additionalProperties: false,
};
const given = '#/components/schemas/wf.ship.parameters/properties';

const describe = (expose: object, more: object = {}): Addition =>
  describeEndpoint({
    name: 'ship',
    document: {
      workflow: 'ship',
      do: [{ nothing: { set: 1 } }],
      expose,
      parameters,
      ...more,
    } as unknown as Exposed['document'],
  });

/** As it is in a document that is valid with it. */
const operation = async (expose: object, more: object = {}, method = 'post'): Promise<Described> => {
  const addition = describe(expose, more);
  const json = JSON.parse(JSON.stringify(makeOpenApiDocument('', addition))) as Record<string, unknown>;
  expect(await new Validator().validate(json)).toMatchObject({ valid: true });
  return Object.values(addition.paths)[0]![method] as Described;
};

const statuses = ({ responses }: Described): string[] => Object.keys(responses).sort();
const named = ({ parameters: all }: Described, place: string): object[] => all.filter((one) => one.in === place);

it('has the path of the endpoint, and asks for the rest in the query or in the body', async () => {
  const expose = { methods: ['GET', 'POST'], path: '/orders/{id}', headers: ['x-shop', 'x-other'] };
  expect(Object.keys(describe(expose).paths)).toEqual(['/wf/ship/orders/{id}']);
  const [get, post] = [await operation(expose, {}, 'get'), await operation(expose)];
  for (const one of [get, post]) {
    expect(named(one, 'path')).toEqual([{ name: 'id', in: 'path', required: true, schema: { $ref: `${given}/id` } }]);
    expect(named(one, 'header')).toEqual([
      { name: 'x-shop', in: 'header', required: true, schema: { $ref: `${given}/headers/properties/x-shop` } },
      { name: 'x-other', in: 'header', schema: { type: 'string' } },
    ]);
  }
  expect(named(get, 'query')).toEqual([{ name: 'express', in: 'query', schema: { $ref: `${given}/express` } }]);
  expect(get.requestBody).toBeUndefined();
  expect(named(post, 'query')).toEqual([]);
  expect(post.requestBody!.required).toBeUndefined();
  expect(Object.keys(post.requestBody!.content)).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ]);
  expect(post.requestBody!.content['application/json']!.schema).toEqual({
    type: 'object',
    properties: { express: { type: 'boolean' } },
    required: [],
    additionalProperties: false,
  });
});

it('takes a body as a whole where that is a parameter', async () => {
  const lines = {
    type: 'object',
    properties: { lines: { type: 'array' }, shop: { type: 'string' } },
    required: ['lines'],
  };
  const { requestBody, parameters: all } = await operation({ bodyAs: 'lines' }, { parameters: lines });
  expect(requestBody).toMatchObject({ required: true });
  expect(requestBody!.content['application/json']!.schema).toEqual({ $ref: `${given}/lines` });
  expect(requestBody!.content).not.toHaveProperty('*/*');
  expect(all.filter((one) => one.in === 'query').map(({ name }) => name)).toEqual(['shop']);
  const text = { type: 'object', properties: { lines: { type: 'string' } } };
  expect((await operation({ bodyAs: 'lines' }, { parameters: text })).requestBody!.content).toHaveProperty('*/*');
});

it.each([
  [{ auth: 'none' }, 'public', [], ['200', '202', '400', '405', '409', '413', '415', '422', '429', '500', '503']],
  [{ auth: 'user' }, 'operator', [{ user: [] }, { key: [] }], expect.arrayContaining(['401', '403'])],
  [{}, 'operator', [{ key: [] }], expect.arrayContaining(['401', '403'])],
  [{ signature: { source: 'shop' } }, 'public', [], expect.arrayContaining(['401', '404'])],
])('says of %j who may call, and what he is refused with', async (expose, role, security, refused) => {
  const described = await operation(expose);
  expect(described).toMatchObject({ 'x-required-role': role, security });
  expect(statuses(described)).toEqual(refused);
});

it.each([
  [{}, '200', 'application/json'],
  [{ answer: { status: 201, type: 'text/html; charset=utf-8' } }, '201', 'text/html'],
  [{ answer: { status: '=result.ok ? 200 : 404', type: 'text' } }, 'default', 'text/plain'],
  [{ answer: { onError: { status: 418 } } }, '418', 'application/problem+json'],
  [{ answer: { onError: { status: '=error.status' } } }, 'default', 'application/problem+json'],
  [{ mode: 'accepted' }, '202', 'application/json'],
])('%j answers %s with %s', async (expose, status, type) => {
  expect(Object.keys((await operation(expose)).responses[status]!.content!)).toContain(type);
});

it('says nothing of an end that nobody waits for', async () => {
  expect(statuses(await operation({ mode: 'accepted' }))).not.toContain('200');
});

it('redirects in place of the answer, or beside it where an expression says', async () => {
  const always = await operation({ answer: { redirect: '/thanks', onError: { redirect: '/sorry', status: 303 } } });
  expect(statuses(always)).toEqual(expect.arrayContaining(['302', '303']));
  expect(statuses(always)).not.toContain('200');
  expect(always.responses['302']!.headers).toHaveProperty('Location');
  expect(always.responses['500']!.description).not.toContain('run.failed');
  expect(statuses(await operation({ answer: { redirect: '=result.next' } }))).toEqual(
    expect.arrayContaining(['200', '302']),
  );
});

it('answers anything where a step answers, however deep', async () => {
  const inside = [{ both: { parallel: { one: [{ taken: { respond: { status: 201 } } }] } } }];
  expect((await operation({}, { do: inside })).responses['default']!.content).toHaveProperty('*/*');
  expect(statuses(await operation({}))).not.toContain('default');
});

it('answers a list also line by line, and a condition that is not met', async () => {
  const { responses } = await operation(
    { when: 'parameters.id > 1', whenNotMet: 200 },
    { returns: { type: 'array', items: { type: 'integer' } } },
  );
  expect(Object.keys(responses['200']!.content!).sort()).toEqual(['application/json', 'application/x-ndjson']);
  expect(JSON.stringify(responses['200'])).toContain('conditionMet');
  expect(responses['400']!.description).not.toContain('endpoint.condition_not_met');
  const refusing = await operation({ when: 'parameters.id > 1' });
  expect(refusing.responses['400']!.description).toContain('endpoint.condition_not_met');
});

it('has nothing in answers to HEAD', async () => {
  const { responses } = await operation({ methods: ['HEAD'] }, {}, 'head');
  expect(Object.values(responses).filter((response) => 'content' in response)).toEqual([]);
});
