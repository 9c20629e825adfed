import type pg from 'pg';
import { makeStatementNames } from './statement-names.ts';

export type Row = (string | null)[];

/** Runs a statement that is prepared once per connection, and answers with rows of texts. */
export type RunStatement = (text: string, parameters: readonly unknown[]) => Promise<Row[]>;

export const makeRunStatement = (pool: pg.Pool): RunStatement => {
  const nameOf = makeStatementNames();
  return async (text, parameters) => {
    const { rows } = await pool.query<Row>({ name: nameOf(text), text, values: [...parameters], rowMode: 'array' });
    return rows;
  };
};
