import { operationAt } from '../door/operation-of.ts';
import type { RouteTable } from '../door/route-table.ts';

const described = new Set(['GET', 'PUT', 'POST', 'PATCH', 'DELETE']);

const parametersOf = (path: string): object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));

const problem = {
  description: 'What is wrong, with a stable code',
  content: { 'application/problem+json': { schema: { type: 'object', required: ['code', 'title', 'status'] } } },
};

/** The operations that the door answers to, from the routes as they are registered. Bodies are described elsewhere as yet. */
export const makeOpenApiDocument = (routes: RouteTable): object => {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path } of routes.all()) {
    if (!described.has(method)) continue;
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] ??= {};
    paths[template][method.toLowerCase()] = {
      operationId: `${method.toLowerCase()}${template.replace(/[^A-Za-z0-9]+(.)?/g, (_, next?: string) => next?.toUpperCase() ?? '')}`,
      parameters: parametersOf(path),
      summary: operationAt(method, path)?.summary,
      ...(operationAt(method, path)?.access === 'public' && { security: [] }),
      responses: { '2XX': { description: 'Done, or accepted' }, default: problem },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Nightshift', version: '1' },
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
};
