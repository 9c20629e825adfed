import pg from 'pg';
import { makeStatementNames } from './statement-names.ts';
import { inTransaction } from './transaction.ts';

export type Row = (string | null)[];

export interface StatementRules {
  /** Planned anew for its values each time, instead of prepared. */
  readonly isOneOff?: boolean;
  /** Cancelled after this long, or after what the connection allows every statement if that is less. */
  readonly timeoutMs?: number;
}

/** Runs a statement, unless told otherwise prepared once per connection, and answers with rows of texts. */
export type RunStatement = (text: string, parameters: readonly unknown[], rules?: StatementRules) => Promise<Row[]>;

/**
 * Makes what runs statements on a pool, or on one connection of it: a name must mean the same statement on all of them. On a connection, a time
 * of its own needs an open transaction.
 */
export const makeRunStatementOn = (statementTimeoutMs: number): ((db: pg.Pool | pg.PoolClient) => RunStatement) => {
  const nameOf = makeStatementNames();
  return (db) => async (text, parameters, rules) => {
    const run = async (on: pg.Pool | pg.PoolClient): Promise<Row[]> => {
      const { rows } = await (on as pg.Pool).query<Row>({
        name: rules?.isOneOff === true ? undefined : nameOf(text),
        text,
        values: [...parameters],
        rowMode: 'array',
      });
      return rows;
    };
    if (rules?.timeoutMs === undefined || rules.timeoutMs >= statementTimeoutMs) return run(db);
    const timeout = `SET LOCAL statement_timeout = ${Math.ceil(rules.timeoutMs)}`;
    if (db instanceof pg.Pool) {
      return inTransaction(db, async (client) => {
        await client.query(timeout);
        return run(client);
      });
    }
    await db.query(timeout);
    const rows = await run(db);
    await db.query('SET LOCAL statement_timeout TO DEFAULT');
    return rows;
  };
};
