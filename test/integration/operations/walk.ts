import { roles, type Role } from '@nightshift/contracts';
import type { Ask } from './recipe.ts';
import type { ServedOperation } from './served-document.ts';
import type { World } from './world.ts';

export interface Answered {
  status: number;
  type: string;
  text: string;
  /** Of a problem. */
  code: string | undefined;
}

/** Roles that are not enough. */
export const rolesBelow = (role: Role | 'public'): Role[] =>
  role === 'public' ? [] : roles.slice(0, roles.indexOf(role));

/** Values of a path that could be right, for requests that nobody looks at more closely. */
const anyPath: Readonly<Record<string, string>> = {
  id: '00000000-0000-7000-8000-000000000000',
  index: '0',
  version: '1',
};

const urlOf = (path: string, { path: given = {}, query }: Ask): string => {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(given[name] ?? anyPath[name] ?? 'anything')),
  );
  return query === undefined ? filled : `${filled}?${new URLSearchParams(query).toString()}`;
};

/** An event stream has no end: its beginning is enough. */
const textOf = async (response: Response): Promise<string> => {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response.text();
  await response.body?.cancel();
  return '';
};

/** Asks for an operation. @param key nothing: without credentials */
export const ask = async (
  { platform }: World,
  { method, path }: ServedOperation,
  asked: Ask,
  key?: string,
): Promise<Answered> => {
  const { body, content, headers } = asked;
  const type = content ? content.type : body === undefined ? undefined : 'application/json';
  const response = await fetch(platform.url + urlOf(path, asked), {
    method,
    redirect: 'manual',
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(type !== undefined && { 'content-type': type }),
      ...headers,
    },
    ...(content ? { body: content.data } : body !== undefined && { body: JSON.stringify(body) }),
  });
  const answered = { type: response.headers.get('content-type') ?? '', text: await textOf(response) };
  const code = answered.type.startsWith('application/problem+json')
    ? (JSON.parse(answered.text) as { code: string }).code
    : undefined;
  return { status: response.status, ...answered, code };
};

/** Requests that an operation has to refuse, made from what is written of it, by what is wrong with them. */
export const wrongAsks = (operation: ServedOperation, right: Ask): [what: string, ask: Ask][] => {
  const { parameters, takes, body, method, id } = operation;
  const asks: [string, Ask][] = [];
  for (const { name, schema } of parameters.filter((parameter) => parameter.in === 'path'))
    if (schema['pattern'] !== undefined || schema['format'] !== undefined || schema['type'] === 'integer')
      asks.push([`a malformed ${name}`, { ...right, path: { ...right.path, [name]: 'Not a/name!' } }]);
  const query = parameters.filter((parameter) => parameter.in === 'query');
  // The query of a sample is a part of it.
  const isOpen = id.startsWith('files.') || id.startsWith('wf.') || id === 'endpoints.detect';
  if (query.length > 0 && !isOpen)
    asks.push(['an unknown query key', { ...right, query: { ...right.query, nobody: '1' } }]);
  for (const { name, schema } of query.filter((parameter) =>
    ['integer', 'boolean'].includes(String(parameter.schema?.['type'])),
  ))
    if (!isOpen)
      asks.push([
        `a query whose ${name} is no ${String(schema['type'])}`,
        { ...right, query: { ...right.query, [name]: 'x' } },
      ]);
  if (body !== undefined) asks.push(['a body that is a number', { ...right, content: undefined, body: 17 }]);
  if (body !== undefined && body['additionalProperties'] === false && body['type'] === 'object')
    asks.push(['a body with an unknown key', { ...right, content: undefined, body: { nobody: 1 } }]);
  if (takes.every((type) => type !== '*/*') && method !== 'GET' && method !== 'HEAD')
    asks.push([
      'a body that is no JSON',
      { ...right, body: undefined, content: { type: 'application/json', data: '{' } },
    ]);
  return asks;
};
