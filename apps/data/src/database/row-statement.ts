import type pg from 'pg';
import { makeStatementNames } from './statement-names.ts';

export type Row = (string | null)[];

/** Runs a statement that is prepared once per connection, and answers with rows of texts. */
export type RunStatement = (text: string, parameters: readonly unknown[]) => Promise<Row[]>;

/** Makes what runs statements on a pool, or on one connection of it: a name must mean the same statement on all of them. */
export const makeRunStatementOn = (): ((db: pg.Pool | pg.PoolClient) => RunStatement) => {
  const nameOf = makeStatementNames();
  return (db) => async (text, parameters) => {
    const { rows } = await (db as pg.Pool).query<Row>({
      name: nameOf(text),
      text,
      values: [...parameters],
      rowMode: 'array',
    });
    return rows;
  };
};
