import type { Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkOneOf } from '../document/check-which.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import type { Action } from './action.ts';
import { base64OfText } from './base64.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { isOneLine } from './text-input.ts';

/** Who calls: by user and password, or by a token. */
export const HttpAuthSchema = Type.Object(
  {
    basic: Type.Optional(
      Type.Object({ user: Type.String(), password: Type.String() }, { additionalProperties: false }),
    ),
    bearer: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** Exactly one way, and no `Authorization` beside it. */
export const checkHttpAuth = ({ auth, headers }: Action, pointer: string): Violation[] => {
  if (!isObject(auth)) return [];
  const header = Object.keys(isObject(headers) ? headers : {}).find(isAuthorization);
  return [
    ...checkOneOf(['basic', 'bearer'], auth as Action, appendPointer(pointer, 'auth')),
    ...(header === undefined
      ? []
      : [{ pointer: appendPointer(appendPointer(pointer, 'headers'), header), detail: 'is set by auth' }]),
  ];
};

export const isAuthorization = (name: string): boolean => name.toLowerCase() === 'authorization';

/** The `Authorization` header (RFC 7617, RFC 6750). */
export const authorizationOf = (auth: unknown): string | Refused => {
  const { basic, bearer } = isObject(auth) ? auth : {};
  if (!isObject(basic)) {
    if (typeof bearer !== 'string' || bearer === '')
      return refuse(`auth.bearer must be a text, but is ${describe(bearer)}`);
    return /^[\x21-\x7e]+$/.test(bearer)
      ? `Bearer ${bearer}`
      : refuse('auth.bearer holds a character that a token cannot hold');
  }
  for (const part of ['user', 'password']) {
    const text = basic[part];
    if (typeof text !== 'string') return refuse(`auth.basic.${part} must be a text, but is ${describe(text)}`);
    if (!isOneLine(text)) return refuse(`auth.basic.${part} holds a line break or another control character`);
  }
  if (String(basic['user']).includes(':')) return refuse('auth.basic.user holds a colon, which no user name may');
  return `Basic ${base64OfText(`${String(basic['user'])}:${String(basic['password'])}`)}`;
};
