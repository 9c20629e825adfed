import {
  compileSchema,
  ConditionSchema,
  Failure,
  type Condition,
  type Violation,
  type Where,
} from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName } from '../database/quote.ts';
import { escapePointer } from '../json-pointer.ts';
import { nearestName } from '../nearest-name.ts';
import type { Column } from '../values/column.ts';
import { isTextOid } from '../values/kind-of-oid.ts';
import { toParameter, type Parameter } from '../values/to-parameter.ts';
import type { Reading } from './source.ts';

/** A search is a question of a person; a machine that nests deeper or asks more is mistaken or hostile. */
const MOST_DEPTH = 20;
const MOST_CONDITIONS = 500;
const MOST_IN = 10_000;

const checkCondition = compileSchema(ConditionSchema);
const combiners = new Set(['and', 'or', 'not']);

interface Compilation {
  readonly type: StoredType;
  readonly reading: Reading;
  readonly violations: Violation[];
  conditions: number;
}

/**
 * A condition over the table `t` as SQL; every value is a parameter. Absent and null are the same, and an empty text is
 * empty too: `null`, `{eq: null}` and `{empty: true}` mean one thing. `ne` and `not` hold where the value is absent. `contains`
 * and `startsWith` heed case; on json, `contains` finds a list that has the text.
 * @throws Failure `search.invalid` with every violation, each with its pointer
 */
export const compileWhere = (type: StoredType, where: Where, reading: Reading): string => {
  const compilation: Compilation = { type, reading, violations: [], conditions: 0 };
  const sql = compileAll(compilation, where, '/where', 0);
  if (compilation.violations.length > 0) {
    throw new Failure('search.invalid', {
      detail: compilation.violations.map((v) => `${v.pointer} ${v.detail}`).join('; '),
      errors: compilation.violations,
    });
  }
  return sql;
};

const compileAll = (c: Compilation, where: unknown, pointer: string, depth: number): string => {
  if (typeof where !== 'object' || where === null || Array.isArray(where))
    return wrong(c, pointer, 'must be an object of conditions');
  if (depth > MOST_DEPTH) return wrong(c, pointer, `is nested deeper than ${MOST_DEPTH}`);
  const terms = Object.entries(where).map(([key, value]) => {
    const place = `${pointer}/${escapePointer(key)}`;
    return combiners.has(key) ? combine(c, key, value, place, depth) : compileField(c, key, value, place);
  });
  return terms.length === 0 ? 'true' : `(${terms.join(' AND ')})`;
};

const combine = (c: Compilation, key: string, value: unknown, pointer: string, depth: number): string => {
  if (key === 'not') return `(${compileAll(c, value, pointer, depth + 1)} IS NOT TRUE)`;
  if (!Array.isArray(value) || value.length === 0)
    return wrong(c, pointer, 'must be a list of conditions, at least one');
  const terms = value.map((item, index) => compileAll(c, item, `${pointer}/${index}`, depth + 1));
  return `(${terms.join(key === 'and' ? ' AND ' : ' OR ')})`;
};

const compileField = (c: Compilation, name: string, value: unknown, pointer: string): string => {
  if (++c.conditions > MOST_CONDITIONS)
    return c.conditions > MOST_CONDITIONS + 1 ? 'false' : wrong(c, pointer, `more than ${MOST_CONDITIONS} conditions`);
  const column = c.type.column(name);
  if (column === undefined) {
    const suggestion = nearestName(name, [...c.type.columns.map((known) => known.name), ...combiners]);
    c.violations.push({
      pointer,
      detail: `is not a field of ${c.type.name}`,
      ...(suggestion !== undefined && { suggestion }),
    });
    return 'false';
  }
  if (typeof value !== 'object' || value === null) return operators.eq(c, column, value, pointer);
  const checked = checkCondition(value);
  if (!checked.ok) {
    c.violations.push(
      ...checked.violations.map((violation) => {
        const operator = violation.pointer.slice(1);
        const suggestion =
          violation.detail === 'is not a known key' ? nearestName(operator, Object.keys(operators)) : undefined;
        const detail =
          suggestion === undefined && violation.detail !== 'is not a known key'
            ? violation.detail
            : 'is not an operator';
        return { pointer: `${pointer}${violation.pointer}`, detail, ...(suggestion !== undefined && { suggestion }) };
      }),
    );
    return 'false';
  }
  const terms = Object.entries(checked.value).map(([operator, operand]) =>
    operators[operator as keyof Condition](c, column, operand, `${pointer}/${operator}`),
  );
  return `(${terms.join(' AND ')})`;
};

const wrong = (c: Compilation, pointer: string, detail: string): string => {
  c.violations.push({ pointer, detail });
  return 'false';
};

type Operator = (c: Compilation, column: Column, operand: unknown, pointer: string) => string;

const sqlOf = (column: Column): string => `t.${quoteName(column.name)}`;
const asText = (column: Column): string => (isTextOid(column.typeOid) ? sqlOf(column) : `${sqlOf(column)}::text`);

const isEmpty = (column: Column): string =>
  column.kind === 'text' && isTextOid(column.typeOid)
    ? `(${sqlOf(column)} IS NULL OR ${sqlOf(column)} = '')`
    : `(${sqlOf(column)} IS NULL)`;

/** The operand as a parameter's place, or undefined when it was wrong or null. */
const placeOf = (c: Compilation, column: Column, operand: unknown, pointer: string): string | undefined => {
  const parameter = parameterOf(c, column, operand, pointer);
  return parameter === undefined ? undefined : c.reading.parameters.add(parameter, column.sqlType);
};

const parameterOf = (c: Compilation, column: Column, operand: unknown, pointer: string): Parameter | undefined => {
  const conversion = toParameter(column, operand);
  if ('parameter' in conversion) return conversion.parameter;
  wrong(c, pointer, conversion.problem);
  return undefined;
};

/** `json` has no equality in Postgres, `jsonb` has. */
const comparable = (column: Column): string => (column.sqlType === 'json' ? `${sqlOf(column)}::jsonb` : sqlOf(column));
const castOf = (column: Column): string => (column.sqlType === 'json' ? 'jsonb' : column.sqlType);

const equality =
  (isEqual: boolean): Operator =>
  (c, column, operand, pointer) => {
    if (operand === null) return isEqual ? isEmpty(column) : `NOT ${isEmpty(column)}`;
    const parameter = parameterOf(c, column, operand, pointer);
    if (parameter === undefined) return 'false';
    const place = c.reading.parameters.add(parameter, castOf(column));
    // A plain equality can use an index; a test of its truth could not.
    return isEqual ? `(${comparable(column)} = ${place})` : `((${comparable(column)} = ${place}) IS NOT TRUE)`;
  };

const comparison =
  (sign: string): Operator =>
  (c, column, operand, pointer) => {
    if (column.kind === 'json' || column.kind === 'boolean') return wrong(c, pointer, `is not for ${column.kind}`);
    if (operand === null) return wrong(c, pointer, 'cannot be null');
    const place = placeOf(c, column, operand, pointer);
    return place === undefined ? 'false' : `(${sqlOf(column)} ${sign} ${place})`;
  };

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

const pattern =
  (before: string): Operator =>
  (c, column, operand, pointer) => {
    const conversion = toParameter({ kind: 'text' }, operand);
    if ('problem' in conversion) return wrong(c, pointer, conversion.problem);
    if (column.kind === 'json' && before === '%') {
      return `(${sqlOf(column)}::jsonb @> ${c.reading.parameters.add(JSON.stringify(operand), 'jsonb')})`;
    }
    if (column.kind !== 'text') return wrong(c, pointer, `is for texts, and ${column.name} is ${column.kind}`);
    return `(${asText(column)} LIKE ${c.reading.parameters.add(`${before}${escapeLike(String(operand))}%`, 'text')})`;
  };

const operators: Record<keyof Condition, Operator> = {
  eq: equality(true),
  ne: equality(false),
  in: (c, column, operand, pointer) => {
    const list = operand as unknown[];
    if (column.kind === 'json') return wrong(c, pointer, 'is not for json');
    if (list.length > MOST_IN) return wrong(c, pointer, `holds more than ${MOST_IN} values`);
    const values: string[] = [];
    list.forEach((item, index) => {
      const parameter = parameterOf(c, column, item, `${pointer}/${index}`);
      if (typeof parameter === 'string') values.push(parameter);
    });
    const isIn = `(${sqlOf(column)} = ANY (${c.reading.parameters.add(values, `${column.sqlType}[]`)}))`;
    return list.includes(null) ? `(${isIn} OR ${isEmpty(column)})` : isIn;
  },
  gt: comparison('>'),
  gte: comparison('>='),
  lt: comparison('<'),
  lte: comparison('<='),
  contains: pattern('%'),
  startsWith: pattern(''),
  empty: (_c, column, operand) => (operand === true ? isEmpty(column) : `NOT ${isEmpty(column)}`),
};
