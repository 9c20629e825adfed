import type { FieldKind } from '@nightshift/contracts';
import { readArray, type ArrayItem } from './array-text.ts';
import { isoDateTime } from './iso-date-time.ts';
import { BPCHAR_OID, type OidShape } from './kind-of-oid.ts';

/**
 * What Postgres writes (text format, UTC, ISO dates), as the value that REST shows. Numbers that JSON or a double cannot hold
 * exactly (`NaN`, integers beyond 2^53) come as text rather than wrong.
 */
export const valueFromText: Record<FieldKind, (text: string) => unknown> = {
  text: (text) => text,
  reference: (text) => text,
  option: (text) => text,
  file: (text) => text,
  date: (text) => text,
  dateTime: isoDateTime,
  boolean: (text) => text === 't' || text === 'true',
  integer: (text) => {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : text;
  },
  number: (text) => {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  },
  json: (text) => JSON.parse(text) as unknown,
};

/** The same value as JSON text, without making the value first. */
export const jsonFromText: Record<FieldKind, (text: string) => string> = {
  text: (text) => JSON.stringify(text),
  reference: (text) => JSON.stringify(text),
  option: (text) => JSON.stringify(text),
  file: (text) => JSON.stringify(text),
  date: (text) => JSON.stringify(text),
  dateTime: (text) => JSON.stringify(isoDateTime(text)),
  boolean: (text) => (text === 't' || text === 'true' ? 'true' : 'false'),
  // Fifteen digits are always safe; longer ones are looked at.
  integer: (text) => (text.length < 16 ? text : JSON.stringify(valueFromText.integer(text))),
  number: (text) => JSON.stringify(valueFromText.number(text)),
  json: (text) => text,
};

/** A column's text as the value that REST shows: of a list a list, whatever its dimensions. */
export const columnValue = ({ kind, isList, elementOid }: OidShape, text: string): unknown =>
  isList
    ? (readArray(text, (element) => valueFromText[kind](asShown(elementOid, element))) ?? text)
    : valueFromText[kind](text);

/** The same value as JSON text; made once for a column. */
export const columnJson = ({ kind, isList, elementOid }: OidShape): ((text: string) => string) => {
  const toJson = jsonFromText[kind];
  const ofOne = elementOid === BPCHAR_OID ? (text: string) => toJson(asShown(elementOid, text)) : toJson;
  if (!isList) return ofOne;
  return (text) => {
    const items = readArray(text, ofOne);
    return items === undefined ? JSON.stringify(text) : joined(items);
  };
};

const joined = (items: readonly ArrayItem<string>[]): string =>
  `[${items.map((item) => (item === null ? 'null' : typeof item === 'string' ? item : joined(item))).join(',')}]`;

/** SQL shows `char(n)` without its padding, but not in an array nor in the log. */
const asShown = (oid: number, text: string): string => (oid === BPCHAR_OID ? text.replace(/ +$/, '') : text);
