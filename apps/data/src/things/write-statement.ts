import { VERSION_COLUMN } from '../catalog/thing-version.ts';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { setList, type Assignment } from './assignment.ts';

export interface WriteShape {
  readonly action: 'create' | 'change' | 'delete';
  readonly assignments: readonly Assignment[];
  readonly isKeyed: boolean;
  readonly isTagged: boolean;
}

/** Writes the message that tells change capture the origin. Materialized, so that what reads from it comes after it in the log. */
export const tagPart = (place: string): string =>
  `tag AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'nightshift', ${place}))`;

/** Keeps the answer under the key, or fails (23505), and the whole statement with it, where there is one already. */
export const keptPart = (place: string, answer: string): string =>
  `kept AS (INSERT INTO nightshift_data.applied (key, answer) SELECT ${place}, ${answer})`;

/**
 * One statement that makes a change, tags its transaction and keeps its answer.
 *
 * Parameters, in order: the origin if tagged, the key if keyed, the id unless creating, then those of the assignments.
 * A repeat of a key fails on the primary key of `applied` and takes the change back with it; a concurrent repeat waits there for
 * the first one. Locks the thing's row and the key. Finds the thing by its primary key. Answers with the row as texts,
 * its version behind them.
 */
export const writeStatement = (type: StoredType, { action, assignments, isKeyed, isTagged }: WriteShape): string => {
  let count = 0;
  const next = (sqlType: string): string => `$${++count}::${sqlType}`;
  const parts: string[] = [];
  if (isTagged) parts.push(tagPart(next('text')));
  const key = isKeyed ? next('text') : '';
  const table = quoteTable(type.name);
  const id = action === 'create' ? '' : `t.${quoteName('id')} = ${next(type.id.sqlType)}`;
  const from = (word: 'FROM' | 'USING'): string => (isTagged ? ` ${word} tag` : '');
  const returning = `RETURNING ${[...type.columns.map(({ name }) => quoteName(name)), VERSION_COLUMN].map((name) => `t.${name}::text AS ${name}`).join(', ')}`;

  const change = {
    // A SELECT without columns leaves every column to its default.
    create: () => {
      const columns = assignments.map(({ column }) => column);
      const names = columns.length === 0 ? '' : ` (${columns.map((c) => quoteName(c.name)).join(', ')})`;
      return `INSERT INTO ${table} AS t${names} SELECT ${columns.map((c) => next(c.sqlType)).join(', ')}${from('FROM')}`;
    },
    change: () =>
      `UPDATE ${table} AS t SET ${setList(assignments, (_parameter, sqlType) => next(sqlType))}${from('FROM')} WHERE ${id}`,
    delete: () => `DELETE FROM ${table} AS t${from('USING')} WHERE ${id}`,
  }[action]();

  parts.push(`changed AS (${change} ${returning})`);
  if (isKeyed) parts.push(keptPart(key, '(SELECT row_to_json(changed) FROM changed)'));
  return `WITH ${parts.join(', ')} SELECT * FROM changed`;
};
