import { Failure } from '@nightshift/contracts';
import type { Row } from '../database/row-statement.ts';
import type { Parameter } from '../values/to-parameter.ts';
import type { Compilation } from './compilation.ts';
import type { SortKey } from './sort-keys.ts';

/** Names type and order, so that a cursor of another search is noticed. */
const signatureOf = (type: string, keys: readonly SortKey[]): string =>
  [type, ...keys.map(({ subject, isDescending }) => `${isDescending ? '-' : ''}${subject.name}`)].join(',');

/**
 * The place after a thing: its values of the sort keys, exactly as Postgres writes them. A page begins after that place whatever
 * was added or removed meanwhile, so nothing comes twice and nothing is left out that keeps its sort values.
 * @param values of the keys, in their order
 */
export const writeCursor = (type: string, keys: readonly SortKey[], values: Row): string =>
  Buffer.from(JSON.stringify([signatureOf(type, keys), ...values])).toString('base64url');

/** @throws Failure `search.invalid` for anything that `writeCursor` has not written for the same type and order */
export const readCursor = (type: string, keys: readonly SortKey[], cursor: string): Parameter[] => {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw wrongCursor('cannot be read');
  }
  if (!Array.isArray(parts) || parts.length !== keys.length + 1) throw wrongCursor('cannot be read');
  const [signature, ...values] = parts as unknown[];
  if (signature !== signatureOf(type, keys)) throw wrongCursor('belongs to a search of another type or order');
  const isValue = (value: unknown): value is Parameter =>
    value === null || (typeof value === 'string' && !value.includes('\u0000') && value.isWellFormed());
  if (!values.every(isValue)) throw wrongCursor('cannot be read');
  return values;
};

export const wrongCursor = (detail: string): Failure =>
  new Failure('search.invalid', { detail: `The cursor ${detail}.`, errors: [{ pointer: '/cursor', detail }] });

/** The things after the place, as a condition. */
export const afterCursor = (c: Compilation, keys: readonly SortKey[], place: readonly Parameter[]): string => {
  const { parameters } = c.reading;
  const placeOf = (index: number): string => parameters.add(place[index], keys[index]!.subject.sqlType);
  const { isDescending, subject } = keys[0]!;
  if (keys.every((key) => !key.subject.isNullable && key.isDescending === isDescending)) {
    // One comparison of rows, which an index on the keys answers.
    const columns = keys.map((key) => key.subject.sql).join(', ');
    return `(${columns}) ${isDescending ? '<' : '>'} (${keys.map((_, index) => placeOf(index)).join(', ')})`;
  }
  const after = `(${afterKey(keys, place, placeOf, 0)})`;
  // The same said as a range of the first key, where it is one, so that an index does not begin at its beginning.
  if (place[0] === null || (subject.isNullable && !isDescending)) return after;
  return `(${subject.sql} ${isDescending ? '<=' : '>='} ${placeOf(0)} AND ${after})`;
};

const afterKey = (
  keys: readonly SortKey[],
  place: readonly Parameter[],
  placeOf: (index: number) => string,
  index: number,
): string => {
  const { subject, isDescending } = keys[index]!;
  const { sql, isNullable } = subject;
  const isNull = place[index] === null;
  const beyond = isNull
    ? isDescending
      ? `${sql} IS NOT NULL`
      : 'false'
    : isDescending
      ? `${sql} < ${placeOf(index)}`
      : `(${sql} > ${placeOf(index)}${isNullable ? ` OR ${sql} IS NULL` : ''})`;
  if (index === keys.length - 1) return beyond;
  const same = isNull ? `${sql} IS NULL` : `${sql} = ${placeOf(index)}`;
  return `${beyond} OR (${same} AND (${afterKey(keys, place, placeOf, index + 1)}))`;
};
