import { Failure, type ImportError } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { Queryable } from '../database/queryable.ts';
import { isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { NOT_UNIQUE, thingFailure } from '../things/thing-failure.ts';
import type { Column } from '../values/column.ts';
import { escapePointer } from '../json-pointer.ts';
import { findTaken } from './find-taken.ts';
import { insertStatement } from './insert-statement.ts';
import { errorsOf, type ReadRow } from './read-rows.ts';

export interface InsertRowsDeps {
  /** On the connection of the transaction. */
  run: RunStatement;
  /** For looking up what an error means; not that connection. */
  db: Queryable;
  type: StoredType;
  key: Column | undefined;
  /** Nothing is inserted after the first row that is refused. */
  stopsAtError: boolean;
}

export interface InsertedRows {
  succeeded: number;
  errors: ImportError[];
}

/**
 * Inserts what can be inserted, in a transaction that is open. What is refused is found by trying halves, so that rows without fault cost
 * one statement together, and one bad row among a thousand some ten more.
 * @throws what is not about single rows
 */
export const insertRows = async (deps: InsertRowsDeps, rows: readonly ReadRow[]): Promise<InsertedRows> => {
  const { run, db, type, key, stopsAtError } = deps;
  const inserted: InsertedRows = { succeeded: 0, errors: [] };

  /** @returns whether to go on */
  const insert = async (part: readonly ReadRow[], mayBeTaken = false): Promise<boolean> => {
    const { columns } = part[0]!;
    const lists = columns.map((_, index) => part.map(({ parameters }) => parameters[index]!));
    await run('SAVEPOINT part', []);
    try {
      await run(insertStatement(type, columns, key), lists.length === 0 ? [part.map(() => null)] : lists);
      await run('RELEASE SAVEPOINT part', []);
      inserted.succeeded += part.length;
      return true;
    } catch (error) {
      if (!isAboutRows(error)) throw error;
      await run('ROLLBACK TO SAVEPOINT part', []);
      if (mayBeTaken && part.length > 1 && isTaken(error)) {
        const free = await leaveOutTaken(part);
        return free.length === 0 || insert(free);
      }
      if (part.length > 1) {
        const middle = part.length >> 1;
        return (await insert(part.slice(0, middle))) && insert(part.slice(middle));
      }
      inserted.errors.push(...(await refusalOf(part[0]!.line, error)));
      return !stopsAtError;
    }
  };
  /** @returns the rows that are left; all of them where a value is none of its column */
  const leaveOutTaken = async (part: readonly ReadRow[]): Promise<readonly ReadRow[]> => {
    await run('SAVEPOINT part', []);
    try {
      const taken = await findTaken(run, type, part, key);
      await run('RELEASE SAVEPOINT part', []);
      for (const [{ line }, column] of taken) {
        const pointer = `/${escapePointer(column.name)}`;
        inserted.errors.push({ line, pointer, code: 'thing.in_conflict', detail: NOT_UNIQUE });
      }
      return part.filter((row) => !taken.has(row));
    } catch (error) {
      if (!isAboutRows(error)) throw error;
      await run('ROLLBACK TO SAVEPOINT part', []);
      return part;
    }
  };
  const refusalOf = async (line: number, error: unknown): Promise<ImportError[]> => {
    const failure = await thingFailure(db, type.name, error);
    if (!(failure instanceof Failure) || failure.canRetry) throw failure;
    return errorsOf(line, failure);
  };

  // With `stop`, halves find the first in a few steps, and nothing is to be said of the others.
  for (const group of groupsOf(rows, stopsAtError || key !== undefined))
    if (!(await insert(group, !stopsAtError))) break;
  return inserted;
};

const isTaken = (error: unknown): boolean => isPostgresError(error) && error.code === sqlState.unique;

/** A value that does not fit, a rule of the table that is broken, a row that comes twice, and what a trigger of the user's says. */
const isAboutRows = (error: unknown): boolean =>
  isPostgresError(error) && (/^2[123]/.test(error.code) || error.code === 'P0001');

/** Rows with the same columns together: those that follow each other, or all of them where the order does not matter. */
const groupsOf = (rows: readonly ReadRow[], inOrder: boolean): ReadRow[][] => {
  const groups = new Map<string, ReadRow[]>();
  let last = '';
  let turns = 0;
  for (const row of rows) {
    const shape = row.columns.map(({ name }) => name).join();
    if (inOrder && shape !== last) turns++;
    last = shape;
    const group = groups.get(`${turns} ${shape}`);
    if (group === undefined) groups.set(`${turns} ${shape}`, [row]);
    else group.push(row);
  }
  return [...groups.values()];
};
