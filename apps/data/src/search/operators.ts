import type { Condition } from '@nightshift/contracts';
import type { Compilation, Position, Use } from './compilation.ts';
import { fieldVector, wordsQuery } from './full-text.ts';
import { isPlainText, isTextual, kindOf, type Subject } from './subject.ts';
import { castOf, parameterOf, plainText } from './values.ts';

const MOST_IN = 10_000;

/** Where an operator stands: its pointer ends with its name. */
export interface OperatorPosition extends Position {
  readonly ignoreCase: boolean;
}

/** The condition as SQL, every operand a parameter; `false` where there is a violation. */
export type Operator = (c: Compilation, subject: Subject, operand: unknown, at: OperatorPosition) => string;

export const wrong = (c: Compilation, pointer: string, detail: string): string => {
  c.violations.add(pointer, detail);
  return 'false';
};

/** Notes that an index could serve the condition. */
export const hope = (c: Compilation, { column }: Subject, as: Use['as'], { alias, isRequired }: Position): void => {
  if (isRequired && alias === 't' && column !== undefined) c.uses.push({ field: column.name, as });
};

const asText = (subject: Subject): string => (isPlainText(subject) ? subject.sql : `${subject.sql}::text`);
const comparable = ({ sqlType, sql }: Subject): string => (sqlType === 'json' ? `${sql}::jsonb` : sql);

export const isEmpty = (subject: Subject): string =>
  isPlainText(subject) ? `(${subject.sql} IS NULL OR ${subject.sql} = '')` : `(${subject.sql} IS NULL)`;

const notText = (c: Compilation, subject: Subject, pointer: string): string =>
  wrong(c, pointer, `is for texts, and ${subject.name} is ${kindOf(subject)}`);

const isEqual: Operator = (c, subject, operand, at) => {
  if (operand === null) return isEmpty(subject);
  if (at.ignoreCase && !isTextual(subject)) return notText(c, subject, at.pointer);
  const parameter = parameterOf(c, subject, operand, at.pointer);
  if (parameter === undefined) return 'false';
  if (at.ignoreCase) {
    hope(c, subject, 'caseless', at);
    return `(lower(${asText(subject)}) = lower(${c.reading.parameters.add(parameter, 'text')}))`;
  }
  hope(c, subject, 'value', at);
  // A plain equality can use an index; a test of its truth could not.
  return `(${comparable(subject)} = ${c.reading.parameters.add(parameter, castOf(subject))})`;
};

const isIn: Operator = (c, subject, operand, at) => {
  const list = operand as unknown[];
  if (subject.kind === 'json') return wrong(c, at.pointer, 'is not for json');
  if (at.ignoreCase && !isTextual(subject)) return notText(c, subject, at.pointer);
  if (list.length > MOST_IN) return wrong(c, at.pointer, `holds more than ${MOST_IN} values`);
  const values: string[] = [];
  list.forEach((item, index) => {
    const parameter = parameterOf(c, subject, item, `${at.pointer}/${index}`);
    if (typeof parameter === 'string') values.push(at.ignoreCase ? parameter.toLowerCase() : parameter);
  });
  hope(c, subject, at.ignoreCase ? 'caseless' : 'value', at);
  const isOne = at.ignoreCase
    ? `(lower(${asText(subject)}) = ANY (ARRAY(SELECT lower(v) FROM unnest(${c.reading.parameters.add(values, 'text[]')}) AS v)))`
    : `(${subject.sql} = ANY (${c.reading.parameters.add(values, `${castOf(subject)}[]`)}))`;
  return list.includes(null) ? `(${isOne} OR ${isEmpty(subject)})` : isOne;
};

/** The rest: holds where the value is absent. */
const rest =
  (operator: Operator): Operator =>
  (c, subject, operand, at) =>
    `(${operator(c, subject, operand, { ...at, isRequired: false })} IS NOT TRUE)`;

const comparison =
  (sign: string): Operator =>
  (c, subject, operand, at) => {
    if (subject.kind === 'json' || subject.kind === 'boolean')
      return wrong(c, at.pointer, `is not for ${subject.kind}`);
    if (operand === null) return wrong(c, at.pointer, 'cannot be null');
    const parameter = parameterOf(c, subject, operand, at.pointer);
    if (parameter === undefined) return 'false';
    hope(c, subject, 'value', at);
    return `(${subject.sql} ${sign} ${c.reading.parameters.add(parameter, castOf(subject))})`;
  };

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

const pattern =
  (before: '' | '%', after: '' | '%'): Operator =>
  (c, subject, operand, at) => {
    const parameter = parameterOf(c, plainText, operand, at.pointer);
    if (parameter === undefined) return 'false';
    if (subject.kind === 'json' && !subject.isList && before === '%' && after === '%') {
      if (at.ignoreCase) return notText(c, subject, at.pointer);
      return `(${subject.sql}::jsonb @> ${c.reading.parameters.add(JSON.stringify(operand), 'jsonb')})`;
    }
    if (!isTextual(subject)) return notText(c, subject, at.pointer);
    hope(c, subject, before === '' && !at.ignoreCase ? 'start' : 'part', at);
    const like = `${before}${escapeLike(String(operand))}${after}`;
    return `(${asText(subject)} ${at.ignoreCase ? 'ILIKE' : 'LIKE'} ${c.reading.parameters.add(like, 'text')})`;
  };

const matches: Operator = (c, subject, operand, at) => {
  const parameter = parameterOf(c, plainText, operand, at.pointer);
  if (parameter === undefined) return 'false';
  if (!isPlainText(subject)) return notText(c, subject, at.pointer);
  hope(c, subject, 'words', at);
  const { language, parameters } = c.reading;
  return `(${fieldVector(language, subject.sql)} @@ ${wordsQuery(language, parameters.add(parameter, 'text'))})`;
};

/** Operators of a field that holds one value, and of an element of a list. */
export const valueOperators = {
  eq: isEqual,
  ne: rest(isEqual),
  in: isIn,
  notIn: rest(isIn),
  gt: comparison('>'),
  gte: comparison('>='),
  lt: comparison('<'),
  lte: comparison('<='),
  contains: pattern('%', '%'),
  startsWith: pattern('', '%'),
  endsWith: pattern('%', ''),
  matches,
  empty: (_c, subject, operand) => (operand === true ? isEmpty(subject) : `NOT ${isEmpty(subject)}`),
} satisfies Partial<Record<keyof Condition, Operator>>;

/** Those that `ignoreCase` is about. */
export const caseOperators: ReadonlySet<string> = new Set([
  'eq',
  'ne',
  'in',
  'notIn',
  'contains',
  'startsWith',
  'endsWith',
]);
