import { Failure } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName } from '../database/quote.ts';
import type { Parameter } from '../values/to-parameter.ts';
import type { Parameters } from './parameters.ts';
import type { SortKey } from './sort-keys.ts';

/** Names type and order, so that a cursor of another search is noticed. */
const signatureOf = (type: StoredType, keys: readonly SortKey[]): string =>
  [type.name, ...keys.map((key) => `${key.isDescending ? '-' : ''}${key.column.name}`)].join(',');

/**
 * The place after a thing: its values of the sort keys, exactly as Postgres writes them. A page begins after that place whatever
 * was added or removed meanwhile, so nothing comes twice and nothing is left out that keeps its sort values.
 */
export const writeCursor = (type: StoredType, keys: readonly SortKey[], row: readonly Parameter[]): string => {
  const values = keys.map((key) => row[type.columns.indexOf(key.column)] ?? null);
  return Buffer.from(JSON.stringify([signatureOf(type, keys), ...values])).toString('base64url');
};

/** @throws Failure `search.invalid` for anything that `writeCursor` has not written for the same type and order */
export const readCursor = (type: StoredType, keys: readonly SortKey[], cursor: string): Parameter[] => {
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

/** The things after the place, as a condition over the table `t`. */
export const afterCursor = (keys: readonly SortKey[], place: readonly Parameter[], parameters: Parameters): string => {
  const isDescending = keys[0]!.isDescending;
  if (keys.every((key) => !key.column.isNullable && key.isDescending === isDescending)) {
    // One comparison of rows, which an index on the keys answers.
    const columns = keys.map((key) => `t.${quoteName(key.column.name)}`).join(', ');
    const values = keys.map((key, index) => parameters.add(place[index], key.column.sqlType)).join(', ');
    return `(${columns}) ${isDescending ? '<' : '>'} (${values})`;
  }
  return `(${afterKey(keys, place, parameters, 0)})`;
};

const afterKey = (
  keys: readonly SortKey[],
  place: readonly Parameter[],
  parameters: Parameters,
  index: number,
): string => {
  const { column, isDescending } = keys[index]!;
  const name = `t.${quoteName(column.name)}`;
  const value = place[index]!;
  const beyond =
    value === null
      ? isDescending
        ? `${name} IS NOT NULL`
        : 'false'
      : isDescending
        ? `${name} < ${parameters.add(value, column.sqlType)}`
        : `(${name} > ${parameters.add(value, column.sqlType)}${column.isNullable ? ` OR ${name} IS NULL` : ''})`;
  if (index === keys.length - 1) return beyond;
  const same = value === null ? `${name} IS NULL` : `${name} = ${parameters.add(value, column.sqlType)}`;
  return `${beyond} OR (${same} AND (${afterKey(keys, place, parameters, index + 1)}))`;
};
