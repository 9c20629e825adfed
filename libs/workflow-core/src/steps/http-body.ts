import type { Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import type { Action, Input } from './action.ts';
import { isBase64 } from './base64.ts';
import type { HttpBody, HttpFormField } from './effect.ts';
import { checkFile, fileInput, FileSchema } from './file-input.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { FlexibleRecordSchema, orExpression } from './text-or-expression.ts';
import { asText } from './text-input.ts';

const field = Type.Union([Type.String(), Type.Number(), Type.Boolean(), FileSchema, Type.Array(Type.Unknown())]);

/** The ways to say what is sent; a request has at most one of them. */
export const httpBodies = {
  /** A text, or anything else as JSON. */
  body: Type.Optional(Type.Unknown()),
  json: Type.Optional(Type.Unknown()),
  /** As a web form sends it, URL-encoded. */
  form: Type.Optional(FlexibleRecordSchema),
  /** As a web form with files sends it. */
  multipart: Type.Optional(orExpression(Type.Record(Type.String(), field))),
  /** Bytes. */
  base64: Type.Optional(Type.String()),
};
const words = Object.keys(httpBodies);

/** At most one body, and one that is right as far as it is written out. */
export const checkHttpBody = (action: Action, pointer: string): Violation[] => {
  const given = words.filter((word) => action[word] !== undefined);
  if (given.length > 1)
    return [{ pointer, detail: `may have one of ${words.join(', ')}, but has ${given.join(' and ')}` }];
  const { multipart, base64 } = action;
  if (typeof base64 === 'string' && isWrittenOut(base64) && !isBase64(base64))
    return [{ pointer: appendPointer(pointer, 'base64'), detail: 'must be base64' }];
  const at = appendPointer(pointer, 'multipart');
  return Object.entries(isObject(multipart) ? multipart : {}).flatMap(([name, value]) =>
    checkFile(value, appendPointer(at, name)),
  );
};

/** The body and its content type, unless the headers say another; undefined if there is none. */
export type ReadyBody = { body: HttpBody; contentType?: string } | undefined;

/** The body as expressions gave it. */
export const httpBodyOf = ({ body, json, form, multipart, base64 }: Input): ReadyBody | Refused => {
  if (typeof body === 'string') return { body: { kind: 'text', text: body }, contentType: 'text/plain; charset=utf-8' };
  const value = json === undefined ? body : json;
  if (value !== undefined)
    return { body: { kind: 'text', text: JSON.stringify(value) }, contentType: 'application/json' };
  if (form !== undefined) return formOf(form);
  if (multipart !== undefined) return multipartOf(multipart);
  if (base64 === undefined) return undefined;
  if (typeof base64 !== 'string') return refuse(`base64 must be a text, but is ${describe(base64)}`);
  return isBase64(base64)
    ? { body: { kind: 'bytes', base64 }, contentType: 'application/octet-stream' }
    : refuse('base64 must be base64');
};

/** Adds each value under its name, each entry of a list by itself, and null not at all. */
export const appendValues = (parameters: URLSearchParams, values: Record<string, unknown>): void => {
  for (const [name, value] of entriesOf(values)) parameters.append(name, asText(value));
};

const entriesOf = (values: Record<string, unknown>): [string, unknown][] =>
  Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((item) => item !== null)
      .map((item): [string, unknown] => [name, item]),
  );

const formOf = (form: unknown): ReadyBody | Refused => {
  if (!isObject(form)) return refuse(`form must be an object, but is ${describe(form)}`);
  const parameters = new URLSearchParams();
  appendValues(parameters, form);
  return {
    body: { kind: 'text', text: parameters.toString() },
    contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
  };
};

const multipartOf = (multipart: unknown): ReadyBody | Refused => {
  if (!isObject(multipart)) return refuse(`multipart must be an object, but is ${describe(multipart)}`);
  const fields: HttpFormField[] = [];
  for (const [name, value] of entriesOf(multipart)) {
    if (typeof value !== 'object') {
      fields.push({ name, value: asText(value) });
      continue;
    }
    const file = fileInput(value, `multipart.${name}`);
    if ('problem' in file) return file;
    fields.push({ name, ...file });
  }
  return { body: { kind: 'form', fields } };
};
