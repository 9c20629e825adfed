import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { Column } from '../values/column.ts';

export interface WriteShape {
  readonly action: 'create' | 'change' | 'delete';
  readonly columns: readonly Column[];
  readonly isKeyed: boolean;
  readonly isTagged: boolean;
}

/**
 * One autocommit statement that makes a change, tags its transaction and keeps its answer.
 *
 * Parameters, in order: the origin if tagged, the key if keyed, the id unless creating, then the values of the columns.
 * `tag` is materialized and the change reads from it, so the message is in the log before the change. A repeat of a key
 * fails on the primary key of `applied` (23505) and takes the change back with it; a concurrent repeat waits there for the
 * first one. Locks the thing's row and the key. Finds the thing by its primary key. Answers with the row as texts.
 */
export const writeStatement = (type: StoredType, { action, columns, isKeyed, isTagged }: WriteShape): string => {
  let count = 0;
  const next = (sqlType: string): string => `$${++count}::${sqlType}`;
  const parts: string[] = [];
  if (isTagged) parts.push(`tag AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'nightshift', ${next('text')}))`);
  const key = isKeyed ? next('text') : '';
  const table = quoteTable(type.name);
  const id = action === 'create' ? '' : `t.${quoteName('id')} = ${next(type.id.sqlType)}`;
  const from = (word: 'FROM' | 'USING'): string => (isTagged ? ` ${word} tag` : '');
  const returning = `RETURNING ${type.columns.map((c) => `t.${quoteName(c.name)}::text AS ${quoteName(c.name)}`).join(', ')}`;

  const change = {
    // A SELECT without columns leaves every column to its default.
    create: () => {
      const names = columns.length === 0 ? '' : ` (${columns.map((c) => quoteName(c.name)).join(', ')})`;
      return `INSERT INTO ${table} AS t${names} SELECT ${columns.map((c) => next(c.sqlType)).join(', ')}${from('FROM')}`;
    },
    change: () =>
      `UPDATE ${table} AS t SET ${columns.map((c) => `${quoteName(c.name)} = ${next(c.sqlType)}`).join(', ')}${from('FROM')} WHERE ${id}`,
    delete: () => `DELETE FROM ${table} AS t${from('USING')} WHERE ${id}`,
  }[action]();

  parts.push(`changed AS (${change} ${returning})`);
  if (isKeyed)
    parts.push(
      `kept AS (INSERT INTO nightshift_data.applied (key, answer) SELECT ${key}, (SELECT row_to_json(changed) FROM changed))`,
    );
  return `WITH ${parts.join(', ')} SELECT * FROM changed`;
};
