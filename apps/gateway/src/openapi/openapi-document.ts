import { operations, type HttpMethod, type Operation } from '@nightshift/contracts';
import { ownComponents } from './components.ts';
import { describeOperation, tagOf } from './describe-operation.ts';
import { headerComponents } from './parameters.ts';
import { makeProblemResponses, type ProblemResponses } from './problem-responses.ts';
import type { Schema } from './schema.ts';

type Paths = Record<string, Record<string, object>>;

/** What is added to the contract: the workflows of a deployment. */
export interface Addition {
  paths: Paths;
  schemas: Record<string, unknown>;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Paths;
  readonly components: { readonly schemas: Record<string, unknown> };
}

/** An operation of any method is there once for each that can have a body and for `GET`. */
const methodsOf = ({ method }: Operation): readonly HttpMethod[] =>
  method === 'ANY' ? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] : [method];

const pathsOf = (problems: ProblemResponses): Paths => {
  const paths: Paths = {};
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    for (const method of methodsOf(operation)) {
      const id = operation.method === 'ANY' ? `${name}.${method.toLowerCase()}` : name;
      // OpenAPI has no name for several segments.
      const path = operation.path.replace(/\/\*$/, '/{rest}');
      const { bodies, ...rest } = operation;
      const own: Operation = { ...rest, ...(bodies && method !== 'GET' && { bodies }), method, path };
      const described = describeOperation(id, own, problems);
      (paths[path] ??= {})[method.toLowerCase()] = described;
    }
  }
  return paths;
};

const securitySchemes: Record<string, Schema> = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key. `x-required-role` of an operation says which role it needs, or a higher one.',
  },
  user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The token of a user of the application.' },
};

/**
 * The REST contract as OpenAPI 3.1, made from the operations.
 * @param url where the door is for the outside; empty: where the document was read
 */
export const makeOpenApiDocument = (url: string, addition: Addition = { paths: {}, schemas: {} }): OpenApiDocument => {
  const problems = makeProblemResponses();
  const paths = { ...pathsOf(problems), ...addition.paths };
  const tags = new Set(Object.keys(operations).map(tagOf));
  if (Object.keys(addition.paths).length > 0) tags.add('wf');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nightshift',
      version: '1',
      description: 'Durable backend workflows. Every error is a problem (RFC 9457) with a stable `code`.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: url || '/' }],
    security: [{ key: [] }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes,
      parameters: headerComponents,
      responses: problems.components(),
      schemas: { ...ownComponents(), ...addition.schemas },
    },
  } as OpenApiDocument;
};
