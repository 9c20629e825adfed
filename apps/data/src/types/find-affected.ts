import type { AffectedThings } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { columnValue } from '../values/from-text.ts';
import type { Look } from './plan-step.ts';
import type { Table } from './read-table.ts';

const SAMPLE = 5;
/** Longer values are cut: enough to recognise one. */
const VALUE_LENGTH = 200;

/** Counts the things and shows the first; undefined when there are none. Reads the table, locks nothing. */
export const findAffected = async (db: Queryable, table: Table, look: Look): Promise<AffectedThings | undefined> => {
  const from = `FROM ${quoteTable(table.name)} AS t WHERE ${look.where}`;
  const { rows: counted } = await db.query<{ things: string }>(`SELECT count(*) AS things ${from}`);
  const things = Number(counted[0]!.things);
  if (things === 0) return undefined;
  const column = table.columns.find(({ name }) => name === look.column);
  const value = column === undefined ? 'NULL' : `left(t.${quoteName(column.name)}::text, ${VALUE_LENGTH + 1})`;
  const { rows } = await db.query<{ id: string; value: string | null }>(
    `SELECT t."id"::text AS id, ${value} AS value ${from} ORDER BY t."id" LIMIT ${SAMPLE}`,
  );
  const shown = (text: string | null): unknown => {
    if (text === null || column === undefined) return null;
    return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : columnValue(column.shape, text);
  };
  const { pointer, detail, canConfirm } = look;
  return { pointer, detail, things, canConfirm, sample: rows.map((row) => ({ id: row.id, value: shown(row.value) })) };
};
