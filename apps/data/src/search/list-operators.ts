import type { Condition } from '@nightshift/contracts';
import type { Compilation, Position } from './compilation.ts';
import { hope, wrong, type Operator } from './operators.ts';
import { quantified, type Quantifier } from './quantifiers.ts';
import { computed, elementOf, kindOf, type Subject } from './subject.ts';
import { listParameterOf } from './values.ts';

/** Compiles the condition on a subject, whatever it is. */
export type CompileCondition = (c: Compilation, subject: Subject, value: unknown, at: Position) => string;

const ofLists =
  (operator: Operator): Operator =>
  (c, subject, operand, at) =>
    subject.isList
      ? operator(c, subject, operand, at)
      : wrong(c, at.pointer, `is for lists, and ${subject.name} is ${kindOf(subject)}`);

const isEmptyList = ({ sql }: Subject): string => `(${sql} IS NULL OR cardinality(${sql}) = 0)`;

/** By an operator of arrays, which a GIN index answers. */
const setOperator =
  (sign: '@>' | '&&' | '='): Operator =>
  (c, subject, operand, at) => {
    const values = operand as unknown[];
    if (sign !== '=' && values.includes(null)) return wrong(c, at.pointer, 'cannot hold null');
    const parameter = listParameterOf(c, subject, values, at.pointer);
    if (parameter === undefined) return 'false';
    hope(c, subject, sign === '=' ? 'value' : 'element', at);
    return `(${subject.sql} ${sign} ${c.reading.parameters.add(parameter, subject.sqlType)})`;
  };

const holdsAll = setOperator('@>');
const holdsOne = setOperator('&&');
const isSame: Operator = (c, subject, operand, at) => {
  if (operand === null || (Array.isArray(operand) && operand.length === 0)) return isEmptyList(subject);
  return Array.isArray(operand) ? setOperator('=')(c, subject, operand, at) : wrong(c, at.pointer, 'must be a list');
};

const has: Operator = (c, subject, operand, at) => {
  if (operand === null) return wrong(c, at.pointer, 'cannot be null');
  return holdsAll(c, subject, [operand], at);
};

/** The values of which the condition asks for one, if it asks for nothing else: an index knows those. */
const valuesAsked = (operand: unknown): unknown[] | undefined => {
  if (operand === null) return undefined;
  if (typeof operand !== 'object') return [operand];
  const [[operator, value] = [], ...more] = Object.entries(operand) as [string, unknown][];
  if (more.length > 0) return undefined;
  if (operator === 'eq' && value !== null && typeof value !== 'object') return [value];
  return operator === 'in' && Array.isArray(value) && !value.includes(null) ? value : undefined;
};

const quantifier =
  (name: Quantifier, compileCondition: CompileCondition): Operator =>
  (c, subject, operand, at) => {
    const values = name === 'any' && subject.kind !== 'json' ? valuesAsked(operand) : undefined;
    if (values !== undefined) return holdsOne(c, subject, values, at);
    const alias = c.newAlias();
    const inside = { ...at, depth: at.depth + 1, isRequired: false };
    const condition = compileCondition(c, elementOf(subject, alias), operand, inside);
    return quantified(name, `unnest(${subject.sql}) AS ${alias}(v) WHERE true`, condition);
  };

const length =
  (compileCondition: CompileCondition): Operator =>
  (c, subject, operand, at) => {
    if (operand === null) return wrong(c, at.pointer, 'cannot be null');
    const sql = `coalesce(cardinality(${subject.sql}), 0)`;
    const count = computed({
      name: `${subject.name}.length`,
      sql,
      kind: 'integer',
      elementOid: 23,
      sqlType: 'integer',
    });
    return compileCondition(c, count, operand, { ...at, isRequired: false });
  };

/** Operators of a field that holds a list. */
export const makeListOperators = (compileCondition: CompileCondition) =>
  ({
    eq: isSame,
    ne: (c, subject, operand, at) => `(${isSame(c, subject, operand, { ...at, isRequired: false })} IS NOT TRUE)`,
    empty: (_c, subject, operand) => (operand === true ? isEmptyList(subject) : `NOT ${isEmptyList(subject)}`),
    any: ofLists(quantifier('any', compileCondition)),
    all: ofLists(quantifier('all', compileCondition)),
    none: ofLists(quantifier('none', compileCondition)),
    has: ofLists(has),
    hasAll: ofLists((c, subject, operand, at) => holdsAll(c, subject, operand, at)),
    length: ofLists(length(compileCondition)),
  }) satisfies Partial<Record<keyof Condition, Operator>>;
