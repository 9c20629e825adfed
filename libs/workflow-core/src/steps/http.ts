import { durationMs, DurationSchema, type Duration, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { asInput, type Input } from './action.ts';
import { asDuration } from './duration-input.ts';
import type { HttpRequest } from './effect.ts';
import { checkHeaders, headersInput } from './header-input.ts';
import { authorizationOf, checkHttpAuth, HttpAuthSchema, isAuthorization } from './http-auth.ts';
import { appendValues, checkHttpBody, httpBodies, httpBodyOf } from './http-body.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Longer than well-behaved servers take, short enough that a dead one does not hold a run for minutes. */
const DEFAULT_TIMEOUT: Duration = { seconds: 30 };

/** Every header may be set. */
const taken: ReadonlySet<string> = new Set();

/**
 * Calls a URL, at least once, with the same `Idempotency-Key` each time. The result is `{ status, headers, body }`.
 *
 * What is sent is `body` (a text, or anything else as JSON), `json`, `form` (URL-encoded), `multipart` (texts and files) or `base64`
 * (bytes). `auth` is `{ bearer }` or `{ basic: { user, password } }`. The answer's body is read by its content type unless `expect` says
 * `json`, `text` or `base64`; one of more than `maxBytes` is a failure. So is an answer of 400 and above, unless `errors` is `data`.
 *
 * ```yaml
 * - charge:
 *     http:
 *       method: POST
 *       url: https://pay.example.com/charges
 *       auth: { bearer: =secrets.PAY_KEY }
 *       body: { amount: =order.total }
 *     retry: { delay: { seconds: 30 }, limit: { attempts: 5 } }
 * - upload: { http: { method: POST, url: =parameters.url, multipart: { report: { fileName: a.csv, content: =csv } } } }
 * ```
 */
export const http = {
  schema: Type.Object(
    {
      method: Type.Optional(orExpression(Type.Enum(methods))),
      url: Type.String(),
      headers: Type.Optional(FlexibleRecordSchema),
      query: Type.Optional(FlexibleRecordSchema),
      auth: Type.Optional(HttpAuthSchema),
      ...httpBodies,
      timeout: Type.Optional(orExpression(DurationSchema)),
      expect: Type.Optional(Type.Enum(['auto', 'json', 'text', 'base64'])),
      errors: Type.Optional(Type.Enum(['fail', 'data'])),
      maxBytes: Type.Optional(orExpression(Type.Integer({ minimum: 1 }))),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: true,
  seesSecrets: true,
  check: (action, { pointer }) => [
    ...checkUrl(action['url'], appendPointer(pointer, 'url')),
    ...checkHeaders(action['headers'], pointer, taken),
    ...checkHttpAuth(action, pointer),
    ...checkHttpBody(action, pointer),
  ],
  resultShape: () => ({
    description: 'the answer to an HTTP request',
    fields: { status: undefined, headers: undefined, body: undefined },
  }),
  prepare: (input) => {
    const given = asInput(input);
    const { timeout, expect = 'auto', errors = 'fail', maxBytes } = given;
    const method = String(given['method'] ?? 'GET').toUpperCase();
    if (!methods.includes(method)) return refuse(`method must be one of ${methods.join(', ')}`);
    const url = urlOf(given);
    if (typeof url !== 'string') return url;
    const ready = httpBodyOf(given);
    if (ready && 'problem' in ready) return ready;
    if (ready && (method === 'GET' || method === 'HEAD')) return refuse(`a ${method} request has no body`);
    const headers = allHeadersOf(given, ready?.contentType);
    if ('problem' in headers) return headers;
    const duration = asDuration(timeout ?? DEFAULT_TIMEOUT);
    if (duration === undefined) return refuse(`timeout must be a duration, but is ${describe(timeout)}`);
    if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || (maxBytes as number) < 1))
      return refuse('maxBytes must be a whole number of at least 1');
    return {
      kind: 'http',
      request: {
        method,
        url,
        headers: headers.values,
        ...(ready && { body: ready.body }),
        timeoutMs: durationMs(duration),
        // Both are written out, and so of the schema.
        expect: expect as HttpRequest['expect'],
        errors: errors as HttpRequest['errors'],
        ...(maxBytes !== undefined && { maxBytes: maxBytes as number }),
      },
    };
  },
} as const satisfies StepKind;

const urlRule = 'must be a URL that begins with https:// or http://';
const credentialsRule = 'holds a user or password; say them as auth: { basic: { user, password } }';

/** A URL that is written out can be checked before anything runs. */
const checkUrl = (url: unknown, pointer: string): Violation[] => {
  if (typeof url !== 'string' || !isWrittenOut(url)) return [];
  const parsed = URL.parse(url);
  if (!parsed || !isWeb(parsed)) return [{ pointer, detail: urlRule }];
  return hasCredentials(parsed) ? [{ pointer, detail: credentialsRule }] : [];
};

const isWeb = ({ protocol }: URL): boolean => protocol === 'https:' || protocol === 'http:';
const hasCredentials = ({ username, password }: URL): boolean => username !== '' || password !== '';

const urlOf = ({ url, query }: Input): string | Refused => {
  if (typeof url !== 'string') return refuse(`url must be a URL, but is ${describe(url)}`);
  const parsed = URL.parse(url);
  if (!parsed) return refuse('url is not a URL: it needs a scheme and a host, as in https://example.com');
  if (!isWeb(parsed)) return refuse('url must begin with https:// or http://');
  if (hasCredentials(parsed)) return refuse(`url ${credentialsRule}`);
  if (query !== undefined && !isObject(query)) return refuse(`query must be an object, but is ${describe(query)}`);
  appendValues(parsed.searchParams, query ?? {});
  return parsed.href;
};

const allHeadersOf = (
  { headers, auth }: Input,
  contentType: string | undefined,
): { values: Record<string, string> } | Refused => {
  const read = headersInput(headers, taken);
  if ('problem' in read) return read;
  const { values } = read;
  // What a header cannot carry, the client would refuse only when it sends.
  const wide = Object.keys(values).find((name) => /[^\0-\xff]/.test(values[name]!));
  if (wide !== undefined) return refuse(`the header ${wide} holds a character beyond Latin-1`);
  if (contentType !== undefined) values['content-type'] ??= contentType;
  if (auth === undefined) return read;
  if (Object.keys(values).some(isAuthorization)) return refuse('headers hold an authorization beside auth');
  const authorization = authorizationOf(auth);
  if (typeof authorization !== 'string') return authorization;
  values['authorization'] = authorization;
  return read;
};
