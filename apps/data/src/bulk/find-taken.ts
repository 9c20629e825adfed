import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { RunStatement } from '../database/row-statement.ts';
import type { Column } from '../values/column.ts';
import type { ReadRow } from './read-rows.ts';

/** Fields of which Postgres lets no two things have the same value. */
const uniqueOf = (type: StoredType, columns: readonly Column[]): Column[] =>
  columns.filter((column) => column === type.id || column.field.unique === true);

/**
 * The rows that have a value of a unique field which a thing has already, each with the first such field. A file that was imported before
 * is told from the things at once, where trying its rows would take a statement or two for each. By the fields' indexes; locks nothing.
 * @param rows all with the same columns
 * @param key a field that does not count
 */
export const findTaken = async (
  run: RunStatement,
  type: StoredType,
  rows: readonly ReadRow[],
  key: Column | undefined,
): Promise<Map<ReadRow, Column>> => {
  const taken = new Map<ReadRow, Column>();
  const { columns } = rows[0]!;
  for (const column of uniqueOf(type, columns)) {
    if (column === key) continue;
    const index = columns.indexOf(column);
    const found = await run(
      `SELECT r.place::text FROM unnest($1::text[]) WITH ORDINALITY AS r (value, place)
       WHERE EXISTS (SELECT FROM ${quoteTable(type.name)} AS t WHERE t.${quoteName(column.name)} = r.value::${column.sqlType})`,
      [rows.map(({ parameters }) => parameters[index]!)],
    );
    for (const [place] of found) {
      const row = rows[Number(place) - 1]!;
      if (!taken.has(row)) taken.set(row, column);
    }
  }
  return taken;
};
