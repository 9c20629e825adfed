import { failures, type FailureCode } from '@nightshift/contracts';
import type { StartableWorkflow } from '../workflows/startable-workflow.ts';
import { makePortable } from './make-portable.ts';
import type { Addition } from './openapi-document.ts';
import { componentRef, type Schema } from './schema.ts';

export type Exposed = Pick<StartableWorkflow, 'name' | 'document'>;

/** Requests of these carry parameters in their query alone. */
const bodiless = new Set(['GET', 'HEAD']);

const refusals: readonly FailureCode[] = [
  'parameters.invalid',
  'request.malformed',
  'request.too_large',
  'request.unsupported_media_type',
  'request.method_not_allowed',
  'run.failed',
  'run.cancelled',
  'ledger.unavailable',
  'messaging.unavailable',
];
const ofCallers: readonly FailureCode[] = [
  'auth.missing_key',
  'auth.wrong_key',
  'auth.wrong_token',
  'auth.forbidden',
  'auth.unknown_user',
  'auth.issuer_unavailable',
];

const problem = { 'application/problem+json': { schema: componentRef('Problem') } };

const problemsOf = (codes: readonly FailureCode[]): Record<string, object> =>
  Object.fromEntries(
    [...Map.groupBy(codes, (code) => failures[code].status)].map(([status, some]) => [
      status,
      { description: some.map((code) => `\`${code}\`: ${failures[code].title}.`).join(' '), content: problem },
    ]),
  );

const escaped = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Each property of the parameters as one of the query; all of them together where the schema names none. */
const inQuery = (schema: Schema, component: string): object[] => {
  const { properties, required } = schema as { properties?: unknown; required?: unknown };
  if (typeof properties !== 'object' || properties === null)
    return [{ name: 'parameters', in: 'query', style: 'form', explode: true, schema: { type: 'object' } }];
  const needed = Array.isArray(required) ? required : [];
  return Object.keys(properties).map((name) => ({
    name,
    in: 'query',
    ...(needed.includes(name) && { required: true }),
    schema: { $ref: `${componentRef(component).$ref}/properties/${escaped(name)}` },
  }));
};

const securityOf = (auth: string | undefined): Schema[] => {
  if (auth === 'none') return [];
  return auth === 'user' ? [{ user: [] }, { key: [] }] : [{ key: [] }];
};

/** An exposed workflow as paths and components; nothing if it is not exposed. */
export const describeEndpoint = ({ name, document }: Exposed): Addition => {
  const { expose, title, parameters = { type: 'object' }, returns } = document;
  if (expose === undefined) return { paths: {}, schemas: {} };
  const [given, gives] = [`wf.${name}.parameters`, `wf.${name}.returns`];
  const portable = makePortable(parameters, given) as Schema;
  const auth = expose.auth;
  const describe = (method: string): object => ({
    operationId: `wf.${name}.${method.toLowerCase()}`,
    tags: ['wf'],
    summary: title ?? `Calls the workflow ${name}.`,
    security: securityOf(auth),
    'x-required-role': auth === 'none' ? 'public' : 'operator',
    ...(bodiless.has(method)
      ? { parameters: inQuery(portable, given) }
      : { requestBody: { content: { 'application/json': { schema: componentRef(given) } } } }),
    responses: {
      200: {
        description: 'What the workflow returns.',
        content: { 'application/json': { schema: returns === undefined ? {} : componentRef(gives) } },
      },
      202: {
        description: 'It has not ended in time.',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: { runId: { type: 'string' }, statusUrl: { type: 'string' } },
              required: ['runId', 'statusUrl'],
            },
          },
        },
      },
      ...problemsOf(auth === 'none' ? refusals : [...refusals, ...ofCallers]),
    },
  });
  const methods: readonly string[] = expose.methods ?? ['POST'];
  return {
    paths: { [`/wf/${name}`]: Object.fromEntries(methods.map((method) => [method.toLowerCase(), describe(method)])) },
    schemas: { [given]: portable, ...(returns !== undefined && { [gives]: makePortable(returns, gives) }) },
  };
};
