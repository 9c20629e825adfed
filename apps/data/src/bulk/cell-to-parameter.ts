import type { Column } from '../values/column.ts';
import { toParameter, type Conversion } from '../values/to-parameter.ts';

const integer = /^-?\d+$/;
const number = /^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/**
 * A cell of CSV as a parameter for the column. Numbers and json go to Postgres as they are written, so that what is larger or finer than
 * a double comes through.
 */
export const cellToParameter = (column: Column, cell: string | null): Conversion => {
  if (cell === null) return { parameter: null };
  if (column.isList) return jsonCell(column, cell, false);
  switch (column.kind) {
    case 'integer':
      return integerCell(column, cell);
    case 'number':
      return number.test(cell) ? { parameter: cell } : { problem: 'must be a number' };
    case 'boolean':
      return cell === 'true' || cell === 'false' ? { parameter: cell } : { problem: 'must be true or false' };
    case 'json':
      return jsonCell(column, cell, true);
    default:
      return toParameter(column, cell);
  }
};

/** What is larger than the column can hold is said of the field here; Postgres would not say of which. */
const bounds: Record<number, bigint> = { 21: 2n ** 15n, 23: 2n ** 31n, 20: 2n ** 63n };
/** No column is too small for fewer. */
const SAFE_DIGITS = 4;

const integerCell = ({ elementOid }: Column, cell: string): Conversion => {
  if (!integer.test(cell)) return { problem: 'must be an integer' };
  const bound = cell.length <= SAFE_DIGITS ? undefined : bounds[elementOid];
  if (bound === undefined) return { parameter: cell };
  const value = BigInt(cell);
  return value < bound && value >= -bound
    ? { parameter: cell }
    : { problem: 'is a number that its column cannot hold' };
};

const jsonCell = (column: Column, cell: string, isVerbatim: boolean): Conversion => {
  let value: unknown;
  try {
    value = JSON.parse(cell);
  } catch {
    return { problem: column.isList ? 'must be a list in JSON' : 'must be JSON' };
  }
  const conversion = toParameter(column, value);
  // The `null` of JSON is no value here either.
  return 'problem' in conversion || value === null || !isVerbatim ? conversion : { parameter: cell };
};
