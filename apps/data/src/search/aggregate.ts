import { Failure, type SearchBody, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { Row } from '../database/row-statement.ts';
import { quoteName } from '../database/quote.ts';
import { nearestName } from '../nearest-name.ts';
import { valueFromText } from '../values/from-text.ts';
import type { Column } from '../values/column.ts';
import { isTextOid } from '../values/kind-of-oid.ts';

/** More is no question of a person; Postgres itself ends at 1,664. */
const MOST_AGGREGATES = 100;

/** Values over everything that the conditions hold for, as columns of one row. */
export interface Aggregates {
  /** After `SELECT`: texts, over the table `t`. */
  readonly columns: readonly string[];
  /** By the names that the search gives them. */
  read(row: Row): Record<string, unknown>;
}

interface Compiled {
  readonly sql: string;
  readonly read: (text: string | null) => unknown;
}

type Operator = (column: Column) => Compiled | { problem: string };

const isNumeric = ({ kind, isList }: Column): boolean => !isList && (kind === 'number' || kind === 'integer');
const ofNumbers = ({ kind, isList }: Column): { problem: string } => ({
  problem: `is for numbers, and the field is ${isList ? 'a list' : kind}`,
});
const sqlOf = (column: Column): string => `t.${quoteName(column.name)}`;

const extreme =
  (name: 'min' | 'max'): Operator =>
  (column) => {
    const { kind, typeOid, isList } = column;
    const hasOrder =
      !isList &&
      (isNumeric(column) ||
        kind === 'date' ||
        kind === 'dateTime' ||
        ((kind === 'text' || kind === 'option') && isTextOid(typeOid)));
    return hasOrder
      ? { sql: `${name}(${sqlOf(column)})`, read: (text) => (text === null ? null : valueFromText[kind](text)) }
      : {
          problem: `is for texts, numbers, dates and times, and the field is ${kind === 'text' || isList ? column.sqlType : kind}`,
        };
  };

const operators: Record<'sum' | 'average' | 'min' | 'max', Operator> = {
  sum: (column) =>
    isNumeric(column)
      ? { sql: `coalesce(sum(${sqlOf(column)}), 0)`, read: (text) => valueFromText[column.kind](text!) }
      : ofNumbers(column),
  average: (column) =>
    isNumeric(column)
      ? { sql: `avg(${sqlOf(column)})`, read: (text) => (text === null ? null : valueFromText.number(text)) }
      : ofNumbers(column),
  min: extreme('min'),
  max: extreme('max'),
};

/**
 * Without things, or without any that has the field, a sum is 0 and the others but `count` are null. A sum of integers that JSON cannot hold
 * exactly comes as text.
 * @throws Failure `search.invalid` with every violation, each with its pointer
 */
export const compileAggregates = (type: StoredType, asked: NonNullable<SearchBody['aggregates']>): Aggregates => {
  const violations: Violation[] = [];
  const compiled = Object.entries(asked).map(([name, aggregate]) => {
    const [operator, field] = Object.entries(aggregate as Record<string, unknown>)[0]! as [
      keyof typeof operators | 'count',
      string,
    ];
    return { name, ...compileOne(type, operator, field, `/aggregates/${name}/${operator}`, violations) };
  });
  if (compiled.length > MOST_AGGREGATES)
    violations.push({ pointer: '/aggregates', detail: `holds more than ${MOST_AGGREGATES}` });
  if (violations.length > 0) {
    throw new Failure('search.invalid', {
      detail: violations.map((v) => `${v.pointer} ${v.detail}`).join('; '),
      errors: violations,
    });
  }
  return {
    columns: compiled.map(({ sql }) => `${sql}::text`),
    read: (row) => Object.fromEntries(compiled.map(({ name, read }, index) => [name, read(row[index]!)])),
  };
};

const nothing: Compiled = { sql: 'NULL', read: () => null };

const compileOne = (
  type: StoredType,
  operator: keyof typeof operators | 'count',
  field: string,
  pointer: string,
  violations: Violation[],
): Compiled => {
  if (operator === 'count') return { sql: 'count(*)', read: Number };
  const column = type.column(field);
  if (column === undefined) {
    const suggestion = nearestName(
      field,
      type.columns.map((known) => known.name),
    );
    violations.push({
      pointer,
      detail: `${field} is not a field of ${type.name}`,
      ...(suggestion !== undefined && { suggestion }),
    });
    return nothing;
  }
  const compiled = operators[operator](column);
  if (!('problem' in compiled)) return compiled;
  violations.push({ pointer, detail: compiled.problem });
  return nothing;
};
