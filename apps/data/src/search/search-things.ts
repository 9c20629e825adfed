import { Failure, type SearchBody, type SearchResult } from '@nightshift/contracts';
import { thingFromRow, type StoredType } from '../catalog/stored-type.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { columnList } from '../things/read-statement.ts';
import { compileAggregates } from './aggregate.ts';
import { compileWhere } from './compile-where.ts';
import { afterCursor, readCursor, writeCursor, wrongCursor } from './cursor.ts';
import { orderBy, sortKeys } from './sort-keys.ts';
import { sourceOf, type NewReading } from './source.ts';

const DEFAULT_LIMIT = 100;

/**
 * One page of the things that the conditions hold for. `count` and `aggregates` are of all of them, read beside the page, so under
 * writes the two may be a moment apart. Locks nothing; which index serves is Postgres' choice.
 * @throws Failure `search.invalid`, `search.timeout`, `data.unavailable`
 */
export const searchThings = async (
  run: RunStatement,
  type: StoredType,
  search: SearchBody,
  newReading: NewReading,
): Promise<SearchResult> => {
  const limit = search.limit ?? DEFAULT_LIMIT;
  const keys = sortKeys(type, search.sort);
  const aggregates = compileAggregates(type, search.aggregates ?? {});
  const reading = newReading();
  const { parameters } = reading;
  const from = `FROM ${sourceOf(type, 't', reading)}`;
  const where = compileWhere(type, search.where ?? {}, reading);
  const wholes = [...aggregates.columns, ...(search.count === true ? ['count(*)::text'] : [])];
  const wholeText = `SELECT ${wholes.join(', ')} ${from} WHERE ${where}`;
  const wholeValues = [...parameters.values];
  const after =
    search.cursor === undefined ? '' : ` AND ${afterCursor(keys, readCursor(type, keys, search.cursor), parameters)}`;
  // One more than asked for tells whether there is a next page.
  const most = parameters.add(limit + 1, 'int');
  const pageText = `SELECT ${columnList(type)} ${from} WHERE ${where}${after} ORDER BY ${orderBy(keys)} LIMIT ${most}`;
  const [rows, [whole = []]] = await Promise.all([
    run(pageText, parameters.values),
    wholes.length > 0 ? run(wholeText, wholeValues) : [],
  ]).catch((error: unknown) => {
    throw searchFailure(error, search.cursor !== undefined);
  });
  const page = rows.slice(0, limit);
  return {
    items: page.map((row) => thingFromRow(type, row)),
    nextCursor: rows.length > limit ? writeCursor(type, keys, page.at(-1)!) : null,
    ...(search.count === true && { count: Number(whole.at(-1)) }),
    ...(search.aggregates !== undefined && { aggregates: aggregates.read(whole) }),
  };
};

const searchFailure = (error: unknown, hasCursor: boolean): unknown => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  if (error.code === sqlState.queryCancelled) {
    return new Failure('search.timeout', { detail: 'Ask for less, or by a field that is indexed.', cause: error });
  }
  // Class 22: a value that its column's type cannot hold. Ours are checked, so a made-up cursor is the likeliest.
  if (error.code.startsWith('22')) {
    return hasCursor
      ? wrongCursor('cannot be read')
      : new Failure('search.invalid', {
          detail: 'A value does not fit its field, or a sum fits no number.',
          cause: error,
        });
  }
  return error;
};
