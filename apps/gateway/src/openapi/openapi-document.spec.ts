import { compileSchema, operations, roles, type Operation } from '@nightshift/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { describeEndpoint, type Exposed } from './describe-endpoint.ts';
import { examples } from './examples.ts';
import { makeOpenApiDocument, type Addition } from './openapi-document.ts';

const nothing: Addition = { paths: {}, schemas: {} };
const document = makeOpenApiDocument('https://nightshift.example.com', nothing);
const operationsOf = (path: string) => document.paths[path] as Record<string, Record<string, unknown>>;

it('is valid, says where it is, and is the same each time', async () => {
  const json = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
  expect(await new Validator().validate(json)).toMatchObject({ valid: true });
  expect(json['servers']).toEqual([{ url: 'https://nightshift.example.com' }]);
  expect(JSON.stringify(makeOpenApiDocument('https://nightshift.example.com', nothing))).toBe(JSON.stringify(document));
});

it('says of every operation which role it needs, and what it is refused with', () => {
  for (const methods of Object.values(document.paths))
    for (const operation of Object.values(methods) as Record<string, unknown>[]) {
      expect(['public', ...roles]).toContain(operation['x-required-role']);
      expect(Object.keys(operation['responses'] as object)).toContain('503');
    }
  expect(operationsOf('/v1/runs/{id}/cancel')['post']).toMatchObject({
    operationId: 'runs.cancel',
    'x-required-role': 'operator',
    security: [{ key: [] }],
    parameters: [{ name: 'id', in: 'path', required: true, schema: { format: 'uuid' } }, expect.anything()],
    responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/RunView' } } } } },
  });
});

it('has what interfaces say of themselves', () => {
  expect(document.components.schemas['RunView']).toMatchObject({
    description: 'One run, as `GET /v1/runs/{id}` answers.',
    properties: { finishedAt: { type: ['string', 'null'] }, status: { $ref: '#/components/schemas/RunStatus' } },
    required: expect.arrayContaining(['id', 'finishedAt']),
  });
});

it.each(Object.entries(examples))('the example of %s is right', (id, example) => {
  const { body } = (operations as Record<string, Operation>)[id]!;
  // A workflow document is checked where it is declared.
  if (!('$ref' in body!)) expect(compileSchema(body!)(example)).toEqual({ ok: true, value: example });
});

const endpoint = (parameters: object, more: object = {}): Addition =>
  describeEndpoint({
    name: 'sign-up',
    document: { workflow: 'sign-up', do: [], expose: {}, parameters, ...more } as unknown as Exposed['document'],
  });

it('describes an endpoint by its workflow', () => {
  const { paths, schemas } = endpoint(
    { type: 'object', properties: { 'e/mail': { type: 'string' } }, required: ['e/mail'] },
    { title: 'Signs up', expose: { auth: 'user', methods: ['GET', 'POST'] }, returns: { type: 'object' } },
  );
  expect(paths['/wf/sign-up']).toMatchObject({
    get: {
      operationId: 'wf.sign-up.get',
      summary: 'Signs up',
      security: [{ user: [] }, { key: [] }],
      parameters: [
        {
          name: 'e/mail',
          in: 'query',
          required: true,
          schema: { $ref: '#/components/schemas/wf.sign-up.parameters/properties/e~1mail' },
        },
        { $ref: '#/components/parameters/prefer' },
        { $ref: '#/components/parameters/nightshift-user' },
      ],
    },
    post: {
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/wf.sign-up.parameters' } } },
      },
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/wf.sign-up.returns' } } } },
      },
    },
  });
  expect(Object.keys(schemas)).toEqual(['wf.sign-up.parameters', 'wf.sign-up.returns']);
});

it.each([
  { $ref: '#/$defs/a', $defs: { a: { properties: { next: { $ref: '#' } } } } },
  { $ref: 'https://example.com/not-there.json' },
  { properties: 7, required: 'x' },
  { $id: '::', properties: { a: true, b: { $dynamicRef: '#meta' } } },
])('stays valid whatever the schema %j of a workflow says', async (parameters) => {
  const json = JSON.parse(JSON.stringify(makeOpenApiDocument('', endpoint(parameters, { returns: parameters }))));
  expect(await new Validator().validate(json as Record<string, unknown>)).toMatchObject({ valid: true });
});
