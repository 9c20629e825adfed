import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Role } from '@nightshift/contracts';

type Schema = Record<string, unknown>;

interface Content {
  schema?: Schema;
}
interface Answer {
  content?: Record<string, Content>;
}
interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

/** An operation, as the gateway says that it is. */
export interface ServedOperation {
  id: string;
  method: string;
  path: string;
  role: Role | 'public';
  parameters: Parameter[];
  /** Of its JSON body. */
  body: Schema | undefined;
  /** Whether it takes a body of any kind. */
  hasBody: boolean;
  takes: string[];
  /** Statuses below 400. */
  successes: number[];
}

export interface ServedDocument {
  readonly json: Schema;
  readonly operations: readonly ServedOperation[];
  /** What is wrong with an answer, judged by what is written of it; nothing may be in it that is not written. */
  wrongWith(operation: ServedOperation, answer: { status: number; type: string; text: string }): string | undefined;
  /** References that lead nowhere. */
  danglingRefs(): string[];
}

interface DescribedOperation {
  operationId: string;
  'x-required-role': Role | 'public';
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Answer | { $ref: string }>;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same schema, in which objects have the members that are written and no others. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isSchema(schema)) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = schema['type'] === 'object' && isSchema(schema['properties']);
  return isObject && schema['additionalProperties'] === undefined ? { ...copy, additionalProperties: false } : copy;
};

const pointed = (json: unknown, ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (place, key) => (isSchema(place) || Array.isArray(place) ? (place as Schema)[key] : undefined),
      json,
    );

export const readDocument = (json: Schema): ServedDocument => {
  const resolve = <T>(value: T | { $ref: string }): T =>
    isSchema(value) && typeof value['$ref'] === 'string' ? (pointed(json, value['$ref']) as T) : (value as T);

  const described = new Map<string, DescribedOperation>();
  const operations = Object.entries(json['paths'] as Record<string, Record<string, DescribedOperation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]): ServedOperation => {
        described.set(operation.operationId, operation);
        const takes = Object.keys(operation.requestBody?.content ?? {});
        return {
          id: operation.operationId,
          method: method.toUpperCase(),
          path,
          role: operation['x-required-role'],
          parameters: (operation.parameters ?? []).map((parameter) => resolve<Parameter>(parameter)),
          body: operation.requestBody?.content['application/json']?.schema,
          hasBody: takes.length > 0,
          takes,
          successes: Object.keys(operation.responses)
            .map(Number)
            .filter((status) => status < 400),
        };
      }),
  );

  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  // Workflows' own schemas say themselves what may be there.
  const components = json['components'] as Record<string, Record<string, unknown>>;
  const answers = Object.entries(components['schemas']!).map(([name, schema]) => [
    name,
    name.startsWith('wf.') || name === 'Problem' ? schema : closed(schema),
  ]);
  ajv.addSchema({ $id: 'https://walk.test/', components: { schemas: Object.fromEntries(answers) } });
  const compiled = new Map<string, ValidateFunction>();
  const validatorOf = (schema: Schema): ValidateFunction => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"https://walk.test/#/components/');
    const known = compiled.get(text) ?? ajv.compile(JSON.parse(text) as Schema);
    compiled.set(text, known);
    return known;
  };

  return {
    json,
    operations,
    wrongWith: (operation, { status, type, text }) => {
      const answer = described.get(operation.id)!.responses[status];
      if (answer === undefined) return `${status} is not documented: ${text.slice(0, 500)}`;
      const { content } = resolve<Answer>(answer);
      if (content === undefined) return text === '' ? undefined : `${status} has content: ${text.slice(0, 200)}`;
      const media = type.split(';')[0]!;
      const found = content[media] ?? content['*/*'];
      if (found === undefined)
        return `${status} is ${media}, not ${Object.keys(content).join(' or ')}: ${text.slice(0, 200)}`;
      if (found.schema === undefined || !/[/+]json$/.test(media)) return undefined;
      const validate = validatorOf(found.schema);
      if (validate(JSON.parse(text))) return undefined;
      return `${status} does not fit: ${ajv.errorsText(validate.errors)} ${JSON.stringify(validate.errors?.slice(0, 3).map(({ params }) => params))} in ${text.slice(0, 500)}`;
    },
    danglingRefs: () => {
      const refs = new Set<string>();
      JSON.stringify(json, (key, value: unknown) => {
        if (key === '$ref' && typeof value === 'string') refs.add(value);
        return value;
      });
      return [...refs].filter((ref) => !ref.startsWith('#/') || pointed(json, ref) === undefined);
    },
  };
};
