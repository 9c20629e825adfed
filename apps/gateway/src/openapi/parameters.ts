import { isRepeatable, pathPartsOf, USER_HEADER, type Operation, type RequestHeader } from '@nightshift/contracts';
import { ownSchema, type Schema } from './schema.ts';

const text = { type: 'string' };

/** Headers that requests may have, as components. */
export const headerComponents: Readonly<Record<RequestHeader | 'idempotency-key' | typeof USER_HEADER, object>> = {
  'idempotency-key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes the request safe to repeat: the same key again gets the first answer, and nothing is done twice.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  [USER_HEADER]: {
    name: 'Nightshift-User',
    in: 'header',
    description: 'The id of the user as whom this is asked; empty: as somebody who is not logged in.',
    schema: text,
  },
  'if-match': {
    name: 'If-Match',
    in: 'header',
    description: 'Only if it is still in this version: an `ETag` as it was answered.',
    schema: text,
  },
  'if-none-match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'Only if it is in another version than this; otherwise 304.',
    schema: text,
  },
  'if-range': { name: 'If-Range', in: 'header', description: 'The version that a part is wanted of.', schema: text },
  prefer: {
    name: 'Prefer',
    in: 'header',
    description:
      'How long the answer is waited for: `wait=5` seconds at most, or `respond-async`, not at all. The answer is then 202.',
    schema: text,
  },
  range: {
    name: 'Range',
    in: 'header',
    description: 'Which bytes are wanted, as in `bytes=0-499`.',
    schema: text,
  },
  'last-event-id': {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The `id` of the last event that came; the stream goes on after it.',
    schema: text,
  },
};

/** A header that is the same for all operations. */
export const header = (name: keyof typeof headerComponents): object => ({ $ref: `#/components/parameters/${name}` });

/** What a query may hold, one by one. What is named by a pattern is one parameter whose members are written out. */
const queryParameters = (query: Schema): object[] => {
  const {
    properties = {},
    required = [],
    patternProperties,
  } = query as {
    properties?: Record<string, Schema>;
    required?: string[];
    patternProperties?: Record<string, Schema>;
  };
  const fixed = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    ...(required.includes(name) && { required: true }),
    schema,
    // A nested value of a query string is written as JSON.
    ...(schema['type'] === 'object' && { content: { 'application/json': { schema } }, schema: undefined }),
  }));
  if (patternProperties === undefined) return fixed;
  const free = {
    name: 'more',
    in: 'query',
    description: Object.values(patternProperties)
      .map(({ description }) => description)
      .join(' '),
    style: 'form',
    explode: true,
    schema: { type: 'object', patternProperties, additionalProperties: false },
  };
  return [...fixed, free];
};

/** Of its path, of its query, and headers. */
export const parametersOf = (operation: Operation): object[] => {
  const { path, query, headers = [], forUsers } = operation;
  return [
    ...pathPartsOf(path).map(({ name, schema }) => ({ name, in: 'path', required: true, schema: ownSchema(schema) })),
    ...(query === undefined ? [] : queryParameters(ownSchema(query))),
    ...headers.map(header),
    ...(isRepeatable(operation) ? [header('idempotency-key')] : []),
    ...(forUsers ? [header(USER_HEADER)] : []),
  ];
};
