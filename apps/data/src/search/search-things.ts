import { Failure, type SearchBody, type SearchResult } from '@nightshift/contracts';
import { thingFromRow, type StoredType } from '../catalog/stored-type.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import { quoteTable } from '../database/quote.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { columnList } from '../things/read-statement.ts';
import { compileWhere } from './compile-where.ts';
import { afterCursor, readCursor, writeCursor, wrongCursor } from './cursor.ts';
import { makeParameters } from './parameters.ts';
import { orderBy, sortKeys } from './sort-keys.ts';

const DEFAULT_LIMIT = 100;

/**
 * One page of the things that the conditions hold for. `count` is of all of them, read beside the page, so under writes the
 * two may be a moment apart. Locks nothing; which index serves is Postgres' choice.
 * @throws Failure `search.invalid` (also when it takes longer than the time limit), `data.unavailable`
 */
export const makeSearchThings =
  ({ run }: { run: RunStatement }) =>
  async (type: StoredType, search: SearchBody): Promise<SearchResult> => {
    const limit = search.limit ?? DEFAULT_LIMIT;
    const keys = sortKeys(type, search.sort);
    const parameters = makeParameters();
    const where = compileWhere(type, search.where ?? {}, parameters);
    const countText = `SELECT count(*) FROM ${quoteTable(type.name)} AS t WHERE ${where}`;
    const countValues = [...parameters.values];
    const after =
      search.cursor === undefined ? '' : ` AND ${afterCursor(keys, readCursor(type, keys, search.cursor), parameters)}`;
    // One more than asked for tells whether there is a next page.
    const most = parameters.add(limit + 1, 'int');
    const pageText = `SELECT ${columnList(type)} FROM ${quoteTable(type.name)} AS t WHERE ${where}${after} ORDER BY ${orderBy(keys)} LIMIT ${most}`;
    const [rows, counted] = await Promise.all([
      run(pageText, parameters.values),
      search.count === true ? run(countText, countValues) : undefined,
    ]).catch((error: unknown) => {
      throw searchFailure(error, search.cursor !== undefined);
    });
    const page = rows.slice(0, limit);
    return {
      items: page.map((row) => thingFromRow(type, row)),
      nextCursor: rows.length > limit ? writeCursor(type, keys, page.at(-1)!) : null,
      ...(counted !== undefined && { count: Number(counted[0]![0]) }),
    };
  };

const searchFailure = (error: unknown, hasCursor: boolean): unknown => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  if (error.code === sqlState.queryCancelled) {
    return new Failure('search.invalid', {
      detail: 'The search took longer than it may. Ask for less, or by a field that is indexed.',
      cause: error,
    });
  }
  // Class 22: a value that its column's type cannot hold. Ours are checked, so a made-up cursor is the likeliest.
  if (error.code.startsWith('22')) {
    return hasCursor
      ? wrongCursor('cannot be read')
      : new Failure('search.invalid', { detail: 'A value does not fit its field.', cause: error });
  }
  return error;
};
