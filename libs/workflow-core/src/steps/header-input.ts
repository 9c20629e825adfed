import type { Violation } from '@nightshift/contracts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { asText, isOneLine } from './text-input.ts';

/** A token (RFC 9110, 5.6.2). What mail takes is hardly more. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The names of `headers`, which are never expressions. @param taken lower-case names that the step itself sets */
export const checkHeaders = (headers: unknown, pointer: string, taken: ReadonlySet<string>): Violation[] =>
  Object.keys(isObject(headers) ? headers : {}).flatMap((name) => {
    const detail = wrongName(name, taken);
    return detail === undefined ? [] : [{ pointer: appendPointer(appendPointer(pointer, 'headers'), name), detail }];
  });

/** Headers as expressions gave them, their names in lower case; one that is null is left out. */
export const headersInput = (
  headers: unknown,
  taken: ReadonlySet<string>,
): { values: Record<string, string> } | Refused => {
  if (headers !== undefined && !isObject(headers))
    return refuse(`headers must be an object, but is ${describe(headers)}`);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const wrong = wrongName(name, taken);
    if (wrong !== undefined) return refuse(`the header ${JSON.stringify(name)} ${wrong}`);
    const text = asText(value);
    // A line break would let a value add headers of its own.
    if (!isOneLine(text)) return refuse(`the header ${name} holds a line break or another control character`);
    if (value !== null) values[name.toLowerCase()] = text;
  }
  return { values };
};

const wrongName = (name: string, taken: ReadonlySet<string>): string | undefined => {
  if (!headerName.test(name)) return 'is not a valid header name';
  return taken.has(name.toLowerCase()) ? 'is set by the step itself' : undefined;
};
