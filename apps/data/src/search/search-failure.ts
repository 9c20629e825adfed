import { Failure } from '@nightshift/contracts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import { wrongCursor } from './cursor.ts';

/**
 * Why Postgres would not search. Class 22: a value that its column's type cannot hold; class 42: a column's type that has no such comparison
 * (of a table that was made by somebody else); class 54: more than a statement may hold.
 */
export const searchFailure = (error: unknown, hasCursor: boolean): unknown => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  if (error.code === sqlState.queryCancelled) {
    const detail = 'Ask for less, or by a field that is indexed; explain says how a search is read.';
    return new Failure('search.timeout', { detail, cause: error });
  }
  const invalid = (detail: string): Failure => new Failure('search.invalid', { detail, cause: error });
  // Ours are checked, so a made-up cursor is the likeliest.
  if (error.code.startsWith('22') || error.code === sqlState.check)
    return hasCursor
      ? wrongCursor('cannot be read')
      : invalid('A value does not fit its field, or a sum fits no number.');
  if (uncomparable.has(error.code))
    return invalid('A field is of a type in Postgres that cannot be compared that way.');
  if (error.code.startsWith('54')) return invalid('The search is more than Postgres can take in.');
  return error;
};

/** undefined_function, ambiguous_function, datatype_mismatch, cannot_coerce. */
const uncomparable = new Set(['42883', '42725', '42804', '42846']);
