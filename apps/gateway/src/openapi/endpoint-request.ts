import { USER_HEADER } from '@nightshift/contracts';
import { readPath, type WorkflowDocument } from '@nightshift/workflow-core';
import { header } from './parameters.ts';
import { componentRef, type Schema } from './schema.ts';

type Expose = NonNullable<WorkflowDocument['expose']>;

/** A schema of the workflow, and the component that it is. */
export interface Component {
  component: string;
  schema: Schema;
}

/** Requests of these carry parameters in their path and query alone. */
export const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

const escaped = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));

const required = ({ required: names }: Schema): readonly unknown[] => (Array.isArray(names) ? names : []);

/** The parts of an object's schema, as far as they are written out. */
const partsOf = ({ component, schema }: Component) => {
  const properties = isObject(schema['properties']) ? schema['properties'] : undefined;
  const at = `${componentRef(component).$ref}/properties`;
  return {
    names: properties && Object.keys(properties),
    isRequired: (name: string): boolean => required(schema).includes(name),
    of: (name: string): Schema => {
      const part = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
      return part === undefined ? { type: 'string' } : { $ref: `${at}/${escaped(name)}` };
    },
    /** A part of a part: of the headers, which are a parameter. */
    within: (name: string, inner: string): { schema: Schema; isRequired: boolean } => {
      const part = properties?.[name];
      const own = isObject(part) && isObject(part['properties']) ? part['properties'] : {};
      return {
        schema: Object.hasOwn(own, inner)
          ? { $ref: `${at}/${escaped(name)}/properties/${escaped(inner)}` }
          : { type: 'string' },
        isRequired: isObject(part) && required(part).includes(inner),
      };
    },
  };
};

/** Without the parameters that are given elsewhere. Refers to the component; what the component defines is there. */
const bodySchema = ({ component, schema }: Component, elsewhere: ReadonlySet<string>): Schema => {
  const { properties, $defs: _, definitions: __, ...rest } = schema;
  if (!isObject(properties) || !Object.keys(properties).some((name) => elsewhere.has(name)))
    return componentRef(component);
  return {
    ...rest,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !elsewhere.has(name))),
    required: required(schema).filter((name) => !elsewhere.has(String(name))),
  };
};

const signedContent = (schema: Schema): Schema => ({
  'application/json': { schema },
  'application/x-www-form-urlencoded': {
    schema: {
      type: 'object',
      properties: { payload: { type: 'string', description: 'The JSON.' } },
      required: ['payload'],
    },
  },
});

/** The same as JSON and as a form. */
const openContent = (schema: Schema): Schema =>
  Object.fromEntries(
    ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'].map((type) => [type, { schema }]),
  );

const mayBeText = (schema: unknown): boolean =>
  !isObject(schema) || schema['type'] === undefined || [schema['type']].flat().includes('string');

/** How an endpoint is asked with a method: its parameters and its body. */
export const endpointRequest = (method: string, expose: Expose, parameters: Component): object => {
  const { names, isRequired, of, within } = partsOf(parameters);
  const path = expose.path === undefined ? [] : readPath(expose.path);
  const inPath = 'problem' in path ? [] : path.flatMap((part) => ('parameter' in part ? [part.parameter] : []));
  const { headers = [], bodyAs, signature } = expose;
  const elsewhere = new Set([...inPath, ...(headers.length > 0 ? ['headers'] : [])]);
  const isBodiless = bodiless.has(method);

  const inQuery = (names ?? []).filter((name) => !elsewhere.has(name) && name !== bodyAs);
  const query =
    names === undefined
      ? [{ name: 'parameters', in: 'query', style: 'form', explode: true, schema: { type: 'object' } }]
      : inQuery.map((name) => ({
          name,
          in: 'query',
          ...(isRequired(name) && { required: true }),
          schema: of(name),
        }));
  const isSigned = signature !== undefined;
  const whole = bodyAs === undefined ? bodySchema(parameters, elsewhere) : of(bodyAs);
  const needsBody =
    bodyAs === undefined
      ? required(parameters.schema).some((name) => !elsewhere.has(String(name)))
      : isRequired(bodyAs);
  const textSchema = (parameters.schema['properties'] as Schema | undefined)?.[bodyAs ?? ''];
  return {
    parameters: [
      ...inPath.map((name) => ({ name, in: 'path', required: true, schema: of(name) })),
      ...(isBodiless || bodyAs !== undefined ? query : []),
      ...headers.map((name) => {
        const { schema, isRequired: isNeeded } = within('headers', name);
        return { name, in: 'header', ...(isNeeded && { required: true }), schema };
      }),
      header('prefer'),
      ...((method === 'POST' || method === 'PATCH') && !isSigned ? [header('idempotency-key')] : []),
      ...(isSigned ? [] : [header(USER_HEADER)]),
    ],
    ...(!isBodiless && {
      requestBody: {
        ...(needsBody && { required: true }),
        content: {
          ...(isSigned ? signedContent(whole) : openContent(whole)),
          ...(!isSigned && bodyAs !== undefined && mayBeText(textSchema) && { '*/*': { schema: { type: 'string' } } }),
        },
      },
    }),
  };
};
