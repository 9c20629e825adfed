import { durationMs, DurationSchema, type Duration } from '@nightshift/contracts';
import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { asDuration } from './duration-input.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, type Input } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Longer than well-behaved servers take, short enough that a dead one does not hold a run for minutes. */
const DEFAULT_TIMEOUT: Duration = { seconds: 30 };

/** A URL that is written out can be checked before anything runs. */
const checkUrl: StepKind['check'] = ({ url }, { pointer }) =>
  typeof url !== 'string' || url.startsWith('=') || (URL.canParse(url) && /^https?:/i.test(url))
    ? []
    : [{ pointer: appendPointer(pointer, 'url'), detail: 'must be a URL that begins with https:// or http://' }];

/**
 * Calls a URL, at least once, with the same `Idempotency-Key` each time. The result is `{ status, headers, body }`. An object
 * or list as `body` is sent as JSON.
 *
 * ```yaml
 * - charge:
 *     http: { method: POST, url: 'https://pay.example.com/charges', body: { amount: =order.total } }
 *     retry: { delay: { seconds: 30 }, limit: { attempts: 5 } }
 *     if: order.total > 0
 * ```
 */
export const http = {
  schema: Type.Object(
    {
      method: Type.Optional(orExpression(Type.Enum(methods))),
      url: Type.String(),
      headers: Type.Optional(orExpression(Type.Record(Type.String(), Type.Unknown()))),
      query: Type.Optional(orExpression(Type.Record(Type.String(), Type.Unknown()))),
      body: Type.Optional(Type.Unknown()),
      timeout: Type.Optional(orExpression(DurationSchema)),
      expect: Type.Optional(Type.Enum(['json', 'text'])),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: true,
  check: checkUrl,
  resultShape: () => ({
    description: 'the answer to an HTTP request',
    fields: { status: undefined, headers: undefined, body: undefined },
  }),
  prepare: (input) => {
    const given = asInput(input);
    const { body, expect = 'json' } = given;
    const method = String(given['method'] ?? 'GET').toUpperCase();
    if (!methods.includes(method)) return refuse(`method must be one of ${methods.join(', ')}`);
    const url = urlOf(given);
    if (typeof url !== 'string') return url;
    const headers = headersOf(given['headers']);
    if ('problem' in headers) return headers;
    const timeout = asDuration(given['timeout'] ?? DEFAULT_TIMEOUT);
    if (timeout === undefined) return refuse(`timeout must be a duration, but is ${describe(given['timeout'])}`);
    if (body !== undefined && (method === 'GET' || method === 'HEAD')) return refuse(`a ${method} request has no body`);
    const isText = typeof body === 'string';
    if (body !== undefined)
      headers.values['content-type'] ??= isText ? 'text/plain; charset=utf-8' : 'application/json';
    return {
      kind: 'http',
      request: {
        method,
        url,
        headers: headers.values,
        ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
        timeoutMs: durationMs(timeout),
        expect: expect === 'text' ? 'text' : 'json',
      },
    };
  },
} as const satisfies StepKind;

const urlOf = ({ url, query }: Input): string | Refused => {
  if (typeof url !== 'string') return refuse(`url must be a URL, but is ${describe(url)}`);
  if (!URL.canParse(url)) return refuse('url is not a URL: it needs a scheme and a host, as in https://example.com');
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')
    return refuse('url must begin with https:// or http://');
  if (query !== undefined && !isObject(query)) return refuse(`query must be an object, but is ${describe(query)}`);
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value])
      if (item !== null) parsed.searchParams.append(key, asText(item));
  }
  return parsed.href;
};

const headersOf = (headers: unknown): { values: Record<string, string> } | Refused => {
  if (headers !== undefined && !isObject(headers))
    return refuse(`headers must be an object, but is ${describe(headers)}`);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      return refuse(`the header name ${JSON.stringify(name)} is not valid`);
    const text = asText(value);
    // A line break would let a value add headers of its own.
    if (/[\r\n\0]/.test(text)) return refuse(`the header ${name} holds a line break`);
    if (value !== null) values[name.toLowerCase()] = text;
  }
  return { values };
};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
