import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';

/** The type's columns as texts, in order. */
export const columnList = (type: StoredType): string =>
  type.columns.map((column) => `t.${quoteName(column.name)}::text`).join(', ');

/** One thing by its primary key. Locks nothing. */
export const readStatement = (type: StoredType): string =>
  `SELECT ${columnList(type)} FROM ${quoteTable(type.name)} AS t WHERE t.${quoteName('id')} = $1::${type.id.sqlType}`;
