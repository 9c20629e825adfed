import type { StoredType } from '../catalog/stored-type.ts';
import { VERSION_COLUMN } from '../catalog/thing-version.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { Column } from '../values/column.ts';
import type { ConditionScope } from './condition-scope.ts';
import { rightsOf, type Rights } from './rights.ts';

/** A right that the rows are to have beside that to be found. */
export type RightToRows = 'delete' | { readonly change: readonly Column[]; readonly sees: readonly Column[] };

const ROW = 'ns_row';

/**
 * A type's rows as a user may know them, as a subquery without its alias: those that he may find, and in them null for every field that he
 * may not see. What comes around it cannot look behind it.
 */
export const filteredSource = (scope: Omit<ConditionScope, 'alias'>, right?: RightToRows): string => {
  const rights = rightsOf({ ...scope, alias: ROW });
  const columns = scope.type.columns.map((column) => `${maskedField(rights, column)} AS ${quoteName(column.name)}`);
  columns.push(`${seenVersion(rights, scope.type, ROW)} AS ${VERSION_COLUMN}`);
  const conditions = [rights.find(), ...(right === undefined ? [] : [rowCondition(rights, right)])];
  return `(SELECT ${columns.join(', ')} FROM ${quoteTable(scope.type.name)} AS ${ROW} WHERE ${conditions.join(' AND ')})`;
};

/** The row's version: only for who sees all of it, since it tells that something was changed. */
export const seenVersion = (rights: Rights, type: StoredType, alias: string): string => {
  const sees = [...new Set(type.columns.map((column) => rights.see(column)))].filter((see) => see !== 'true');
  const version = `${alias}.${VERSION_COLUMN}`;
  return sees.length === 0 ? version : `CASE WHEN ${sees.join(' AND ')} THEN ${version} END`;
};

const maskedField = (rights: Rights, column: Column): string => {
  const field = `${ROW}.${quoteName(column.name)}`;
  const see = rights.see(column);
  // A cast of json may fail on what it holds, so it must not be tried on rows that are not found.
  if (column.sqlType === 'json') return `CASE WHEN ${rights.find()} AND ${see} THEN ${field} END`;
  return see === 'true' ? field : `CASE WHEN ${see} THEN ${field} END`;
};

/**
 * Whether the row has the right. An operation on a field tells by its failures what the field holds, so it takes the right to see it.
 */
export const rowCondition = (rights: Rights, right: RightToRows): string =>
  right === 'delete'
    ? rights.delete()
    : [rights.change(right.change), ...right.sees.map((column) => rights.see(column))].join(' AND ');

const seenTypes = new WeakMap<StoredType, StoredType>();

/** The type as it is for a user: any field but the id may be empty, because he may not see it. */
export const seenType = (type: StoredType): StoredType => {
  let seen = seenTypes.get(type);
  if (seen === undefined) {
    const columns = type.columns.map((column) => (column === type.id ? column : { ...column, isNullable: true }));
    const byName = new Map(columns.map((column) => [column.name, column]));
    seen = { ...type, columns, column: (name) => byName.get(name) };
    seenTypes.set(type, seen);
  }
  return seen;
};
