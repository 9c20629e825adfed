import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName } from '../database/quote.ts';
import { VERSION_COLUMN } from '../catalog/thing-version.ts';
import { sourceOf, type Reading } from '../search/source.ts';

/** The type's columns as texts, in order. */
export const columnList = (type: StoredType): string =>
  type.columns.map((column) => `t.${quoteName(column.name)}::text`).join(', ');

/** One thing by its primary key, and its version. Locks nothing. */
export const readStatement = (type: StoredType, id: string, reading: Reading): string =>
  `SELECT ${columnList(type)}, t.${VERSION_COLUMN}::text FROM ${sourceOf(type, 't', reading)} WHERE t.${quoteName('id')} = ${reading.parameters.add(id, type.id.sqlType)}`;
