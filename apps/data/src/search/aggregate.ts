import type { SearchBody } from '@nightshift/contracts';
import type { Row } from '../database/row-statement.ts';
import { escapePointer } from '../json-pointer.ts';
import { valueFromText } from '../values/from-text.ts';
import type { Compilation } from './compilation.ts';
import { subjectAt } from './references.ts';
import { isPlainText, kindOf, type Subject } from './subject.ts';

/** More is no question of a person; Postgres itself ends at 1,664. */
const MOST_AGGREGATES = 100;

/** Values over everything that the conditions hold for, as columns of one row. */
export interface Aggregates {
  /** After `SELECT`: texts. */
  readonly columns: readonly string[];
  /** By the names that the search gives them. */
  read(row: Row): Record<string, unknown>;
}

interface Compiled {
  readonly sql: string;
  readonly read: (text: string | null) => unknown;
}

type Operator = (subject: Subject) => Compiled | { problem: string };

const isNumeric = ({ kind, isList }: Subject): boolean => !isList && (kind === 'number' || kind === 'integer');
const ofNumbers = (subject: Subject): { problem: string } => ({
  problem: `is for numbers, and the field is ${kindOf(subject)}`,
});

const extreme =
  (name: 'min' | 'max'): Operator =>
  (subject) => {
    const { kind, sql, isList } = subject;
    const isTime = !isList && (kind === 'date' || kind === 'dateTime');
    const hasOrder = isNumeric(subject) || isTime || isPlainText(subject);
    return hasOrder
      ? { sql: `${name}(${sql})`, read: (text) => (text === null ? null : valueFromText[kind](text)) }
      : { problem: `is for texts, numbers, dates and times, and the field is ${kindOf(subject)}` };
  };

const operators: Record<'sum' | 'average' | 'min' | 'max', Operator> = {
  sum: (subject) =>
    isNumeric(subject)
      ? { sql: `coalesce(sum(${subject.sql}), 0)`, read: (text) => valueFromText[subject.kind](text!) }
      : ofNumbers(subject),
  average: (subject) =>
    isNumeric(subject)
      ? { sql: `avg(${subject.sql})`, read: (text) => (text === null ? null : valueFromText.number(text)) }
      : ofNumbers(subject),
  min: extreme('min'),
  max: extreme('max'),
};

/**
 * Without things, or without any that has the field, a sum is 0 and the others but `count` are null. A sum of integers that JSON cannot hold
 * exactly comes as text. A field may be one beyond references: `project.budget`.
 */
export const compileAggregates = (c: Compilation, asked: NonNullable<SearchBody['aggregates']>): Aggregates => {
  const entries = Object.entries(asked);
  if (entries.length > MOST_AGGREGATES) c.violations.add('/aggregates', `holds more than ${MOST_AGGREGATES}`);
  const compiled = entries.slice(0, MOST_AGGREGATES).map(([name, aggregate]) => {
    const [operator, field] = Object.entries(aggregate as Record<string, unknown>)[0]! as [
      keyof typeof operators | 'count',
      string,
    ];
    return { name, ...compileOne(c, operator, field, `/aggregates/${escapePointer(name)}/${operator}`) };
  });
  return {
    columns: compiled.map(({ sql }) => `${sql}::text`),
    read: (row) => Object.fromEntries(compiled.map(({ name, read }, index) => [name, read(row[index]!)])),
  };
};

const nothing: Compiled = { sql: 'NULL', read: () => null };

const compileOne = (
  c: Compilation,
  operator: keyof typeof operators | 'count',
  field: string,
  pointer: string,
): Compiled => {
  if (operator === 'count') return { sql: 'count(*)', read: Number };
  const subject = subjectAt(c, field, pointer);
  if (subject === undefined) return nothing;
  const compiled = operators[operator](subject);
  if (!('problem' in compiled)) return compiled;
  c.violations.add(pointer, compiled.problem);
  return nothing;
};
