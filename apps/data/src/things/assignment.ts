import { quoteName, quoteText } from '../database/quote.ts';
import type { Column } from '../values/column.ts';
import type { Parameter } from '../values/to-parameter.ts';

export type Operation = 'set' | 'increment' | 'add' | 'remove' | 'clear';

/** What a column is to become. `add` and `remove` take a list as their parameter, of the column's type or JSON, `clear` takes none. */
export interface Assignment {
  readonly column: Column;
  readonly operation: Operation;
  readonly parameter: Parameter;
  /** Where the request says so, for what Postgres may have against it. */
  readonly pointer: string;
}

/** Writes the place of a parameter, as in `$3::bigint`. */
type PlaceOf = (parameter: Parameter, sqlType: string) => string;

const held = (column: Column): string => `t.${quoteName(column.name)}`;
const heldJson = (column: Column): string => `${held(column)}::jsonb`;

const callOnList =
  (word: 'add_to' | 'remove_from') =>
  ({ column, parameter }: Assignment, placeOf: PlaceOf): string => {
    if (!column.isList)
      return `nightshift_data.${word}_list(${quoteText(column.name)}, ${heldJson(column)}, ${placeOf(parameter, 'jsonb')})::${column.sqlType}`;
    // `json` has no equality in Postgres, `jsonb` has.
    const comparable = column.elementType === 'json' ? 'jsonb[]' : column.sqlType;
    return `nightshift_data.${word}_array(${held(column)}::${comparable}, ${placeOf(parameter, comparable)})::${column.sqlType}`;
  };

const emptied = (column: Column): string => {
  if (column.isList) return `'{}'::${column.sqlType}`;
  return column.kind === 'json'
    ? `CASE jsonb_typeof(${heldJson(column)}) WHEN 'array' THEN '[]'::${column.sqlType} END`
    : 'NULL';
};

const expressions: Record<Operation, (assignment: Assignment, placeOf: PlaceOf) => string> = {
  set: ({ column, parameter }, placeOf) => placeOf(parameter, column.sqlType),
  increment: ({ column, parameter }, placeOf) => `coalesce(${held(column)}, 0) + ${placeOf(parameter, column.sqlType)}`,
  add: callOnList('add_to'),
  remove: callOnList('remove_from'),
  clear: ({ column }) => emptied(column),
};

/** After `SET` in an UPDATE of the table `t`. Each value is computed from what the row holds when it is locked. */
export const setList = (assignments: readonly Assignment[], placeOf: PlaceOf): string =>
  assignments
    .map(
      (assignment) =>
        `${quoteName(assignment.column.name)} = ${expressions[assignment.operation](assignment, placeOf)}`,
    )
    .join(', ');

/** The parameters of the assignments, in the order in which `setList` asks for their places. */
export const parametersOf = (assignments: readonly Assignment[]): Parameter[] =>
  assignments.filter(({ operation }) => operation !== 'clear').map(({ parameter }) => parameter);
