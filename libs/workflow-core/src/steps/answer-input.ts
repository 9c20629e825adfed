import { answerHeaders, type EndpointAnswer, type Violation } from '@nightshift/contracts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { asInput } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { asText, isOneLine } from './text-input.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** RFC 9110, 8.3.1, with a charset at most. */
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; ?charset=[\w-]+)?$/i;

const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const known: ReadonlySet<string> = new Set(answerHeaders);

/** The content type that `type` stands for; undefined if it stands for none. */
export const contentTypeOf = (type: unknown): string | undefined => {
  if (type === undefined || type === 'json') return JSON_TYPE;
  if (type === 'text') return TEXT_TYPE;
  return typeof type === 'string' && mediaType.test(type) ? type : undefined;
};

/** Whether a content type is JSON's: a value is written as JSON, a text too. */
export const isJsonType = (type: string): boolean => /^[\w!#$&^.-]+\/([\w!#$&^.-]+\+)?json(;|$)/i.test(type);

const typeRule = 'must be json, text, or a media type such as text/html; charset=utf-8';
const redirectRule = 'must be a path that begins with / or a URL that begins with https:// or http://';

/** Whether somebody can be sent there. A backslash is a slash to browsers, and `//` begins the name of a host. */
export const isRedirectTarget = (target: string): boolean => {
  if (!isOneLine(target) || /[\s\\]/.test(target)) return false;
  if (target.startsWith('/')) return !target.startsWith('//');
  const url = /^https?:\/\//i.test(target) ? URL.parse(target) : null;
  return url !== null && url.username === '' && url.password === '';
};

/** The host and port of a redirect's target; undefined for a path. */
export const hostOf = (target: string): string | undefined =>
  target.startsWith('/') ? undefined : (URL.parse(target)?.host ?? target);

/** What is wrong with the parts of an answer that are written out. */
export const checkAnswer = (answer: Readonly<Record<string, unknown>>, pointer: string): Violation[] => {
  const { type, redirect, headers, status, body } = answer;
  const at = (key: string): string => appendPointer(pointer, key);
  const violations: Violation[] = [];
  if (isWrittenOut(type) && contentTypeOf(type) === undefined)
    violations.push({ pointer: at('type'), detail: typeRule });
  if (typeof redirect === 'string' && isWrittenOut(redirect) && !isRedirectTarget(redirect))
    violations.push({ pointer: at('redirect'), detail: redirectRule });
  if (redirect !== undefined && (body !== undefined || type !== undefined))
    violations.push({ pointer: at('redirect'), detail: 'stands in place of a body and its type' });
  if (redirect !== undefined && typeof status === 'number' && !redirections.has(status))
    violations.push({ pointer: at('status'), detail: `must be one of ${[...redirections].join(', ')} with redirect` });
  for (const name of isObject(headers) ? Object.keys(headers) : [])
    if (!known.has(name.toLowerCase()))
      violations.push({ pointer: appendPointer(at('headers'), name), detail: headerRule });
  return violations;
};

const headerRule = `is not a header that an answer may set: there is ${answerHeaders.join(', ')}`;

/** An answer whose expressions have been evaluated, as it can be sent; or why it cannot. */
export const answerOf = (input: unknown): EndpointAnswer | Refused => {
  const { status, type, body, redirect, headers } = asInput(input);
  const isRedirect = redirect !== undefined && redirect !== null;
  const code = status ?? (isRedirect ? 302 : 200);
  if (!Number.isInteger(code) || (code as number) < 200 || (code as number) > 599)
    return refuse(`status must be a whole number from 200 to 599, but is ${describe(status)}`);
  const set = headersOf(headers);
  if ('problem' in set) return set;
  const answer: EndpointAnswer = {
    status: code as number,
    ...(Object.keys(set.values).length > 0 && { headers: set.values }),
  };
  if (isRedirect) {
    if (typeof redirect !== 'string' || !isRedirectTarget(redirect)) return refuse(`redirect ${redirectRule}`);
    if (!redirections.has(code as number)) return refuse(`status ${String(code)} does not go with a redirect`);
    return { ...answer, redirect };
  }
  const contentType = contentTypeOf(type ?? undefined);
  if (contentType === undefined) return refuse(`type ${typeRule}`);
  return { ...answer, type: contentType, ...(body !== undefined && { body }) };
};

const headersOf = (headers: unknown): { values: Record<string, string> } | Refused => {
  if (headers === undefined || headers === null) return { values: {} };
  if (!isObject(headers)) return refuse(`headers must be an object, but is ${describe(headers)}`);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!known.has(name.toLowerCase())) return refuse(`the header ${JSON.stringify(name)} ${headerRule}`);
    if (value === null) continue;
    const text = asText(value);
    if (!isOneLine(text)) return refuse(`the header ${name} holds a line break or another control character`);
    values[name.toLowerCase()] = text;
  }
  return { values };
};
