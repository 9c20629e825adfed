import { leftOf, type SyntaxNode } from '@nightshift/workflow-core';
import type { Column } from '../values/column.ts';
import { isTextOid, UUID_OID } from '../values/kind-of-oid.ts';
import { toParameter } from '../values/to-parameter.ts';
import type { ConditionScope } from './condition-scope.ts';
import { ConditionProblem, valueOf, type ConditionValue, type FieldValue } from './condition-value.ts';

/** What a condition may be made of, for whoever wrote something else. */
export const conditionForms =
  'a condition is made of paths over thing and currentUser, = != < <= > >=, in, and, or, $not(), $exists(), literals and $now()';

/**
 * A condition as SQL over the rows that the scope names; every value is a parameter. It is true, false or null, and only true holds. What is
 * absent equals nothing and differs from nothing; `= null`, `!= null` and `$exists` ask for it.
 * @throws ConditionProblem for what is no condition, or has no meaning for these fields
 */
export const conditionSql = (scope: ConditionScope, node: SyntaxNode): string => {
  switch (node.type) {
    case 'block':
      if (node.expressions?.length !== 1) throw new ConditionProblem('can hold one condition in brackets', node);
      return conditionSql(scope, node.expressions[0]!);
    case 'binary':
      return binarySql(scope, node);
    case 'function':
      return functionSql(scope, node);
    case 'value':
      if (typeof node.value === 'boolean') return String(node.value);
      throw new ConditionProblem(`is no condition: ${conditionForms}`, node);
    case 'path': {
      const value = valueOf(scope, node) as FieldValue;
      if (value.column.kind === 'boolean' && !value.column.isList) return `(${value.sql})`;
      throw new ConditionProblem(
        `is ${value.column.kind}, and by itself only a boolean is a condition: compare it, or ask $exists()`,
        lastOf(node),
      );
    }
    default:
      throw new ConditionProblem(`is no condition: ${conditionForms}`, node);
  }
};

const lastOf = (node: SyntaxNode): SyntaxNode => node.steps?.at(-1) ?? node;

const binarySql = (scope: ConditionScope, node: SyntaxNode): string => {
  const operator = String(node.value);
  const left = leftOf(node);
  const right = node.rhs!;
  switch (operator) {
    case 'and':
    case 'or':
      return `(${conditionSql(scope, left)} ${operator.toUpperCase()} ${conditionSql(scope, right)})`;
    case '=':
    case '!=':
      return equalSql(scope, valueOf(scope, left), valueOf(scope, right), operator, node);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return orderSql(scope, valueOf(scope, left), valueOf(scope, right), operator, node);
    case 'in':
      return inSql(scope, valueOf(scope, left), right, node);
    default:
      throw new ConditionProblem(`cannot use ${operator} here: ${conditionForms}`, node);
  }
};

const functionSql = (scope: ConditionScope, node: SyntaxNode): string => {
  const name = String(node.procedure?.value);
  const [argument, ...more] = node.arguments ?? [];
  if ((name === 'not' || name === 'exists') && argument !== undefined && more.length === 0) {
    if (name === 'not') return `(${conditionSql(scope, argument)} IS NOT TRUE)`;
    const value = valueOf(scope, argument);
    if (value.what === 'field') return `(${value.sql} IS NOT NULL)`;
  }
  throw new ConditionProblem(`cannot use $${name} that way here: ${conditionForms}`, node);
};

const equalSql = (
  scope: ConditionScope,
  left: ConditionValue,
  right: ConditionValue,
  operator: '=' | '!=',
  node: SyntaxNode,
): string => {
  const field = left.what === 'field' ? left : right.what === 'field' ? right : undefined;
  const other = field === left ? right : left;
  if (field === undefined) throw new ConditionProblem('compares no field', node);
  if (other.what === 'literal' && other.value === null)
    return `(${field.sql} IS ${operator === '=' ? '' : 'NOT '}NULL)`;
  const [a, b] = comparable(scope, left, right, node);
  return `(${a} ${operator === '=' ? '=' : '<>'} ${b})`;
};

const ordered = new Set(['number', 'integer', 'date', 'dateTime']);

const orderSql = (
  scope: ConditionScope,
  left: ConditionValue,
  right: ConditionValue,
  operator: string,
  node: SyntaxNode,
): string => {
  for (const side of [left, right])
    if (side.what === 'field' && !ordered.has(side.column.kind))
      throw new ConditionProblem(
        `orders ${side.column.name}, which is ${side.column.kind}: numbers and times have an order`,
        node,
      );
  const [a, b] = comparable(scope, left, right, node);
  return `(${a} ${operator} ${b})`;
};

/** A value in a list of literals, in a field that is a list, or in one of json that holds a list. */
const inSql = (scope: ConditionScope, value: ConditionValue, right: SyntaxNode, node: SyntaxNode): string => {
  if (right.type === 'block' && right.expressions?.length === 1)
    return inSql(scope, value, right.expressions[0]!, node);
  if (right.type === 'unary' && right.value === '[') {
    const items = right.expressions ?? [];
    if (items.length === 0) throw new ConditionProblem('looks for a value in an empty list', right);
    return `(${items.map((item) => equalSql(scope, value, valueOf(scope, item), '=', node)).join(' OR ')})`;
  }
  const list = valueOf(scope, right);
  if (list.what !== 'field') throw new ConditionProblem('looks for a value in something that is no list', node);
  if (list.column.isList) {
    const item = elementOf(list.column);
    const [a, b] = comparable(scope, value, { what: 'field', sql: 'ns_item', column: item }, node);
    return `(EXISTS (SELECT FROM unnest(${list.sql}) AS ns_item WHERE ${a} = ${b}))`;
  }
  if (list.column.kind !== 'json')
    throw new ConditionProblem(
      `looks for a value in ${list.column.name}, which is ${list.column.kind} and no list`,
      node,
    );
  return `(${list.sql}::jsonb @> ${asJson(scope, value, node)})`;
};

/** The column that one item of a list would be. */
const elementOf = (column: Column): Column => {
  const { elementType: sqlType, elementOid: typeOid } = column;
  return { ...column, sqlType, typeOid, isList: false };
};

const asJson = (scope: ConditionScope, value: ConditionValue, node: SyntaxNode): string => {
  if (value.what === 'literal') return scope.parameters.add(JSON.stringify(value.value), 'jsonb');
  if (value.what === 'now') throw new ConditionProblem('looks for a moment in a list', node);
  return `to_jsonb(${isTextLike(value.column) ? `${value.sql}::text` : value.sql})`;
};

const isTextLike = ({ kind }: Column): boolean => ['text', 'reference', 'option', 'file'].includes(kind);
const isNumeric = ({ kind }: Column): boolean => kind === 'number' || kind === 'integer';

/** Both sides as SQL of types that Postgres compares. */
const comparable = (
  scope: ConditionScope,
  left: ConditionValue,
  right: ConditionValue,
  node: SyntaxNode,
): [string, string] => {
  if (left.what !== 'field' && right.what !== 'field') throw new ConditionProblem('compares no field', node);
  if (left.what === 'field' && right.what === 'field') return twoFields(left, right, node);
  if (left.what === 'field') return withField(scope, left, right as Exclude<ConditionValue, FieldValue>, node);
  const [field, other] = withField(scope, right as FieldValue, left, node);
  return [other, field];
};

const twoFields = (left: FieldValue, right: FieldValue, node: SyntaxNode): [string, string] => {
  const [a, b] = [left.column, right.column];
  const isSame = a.kind === b.kind || (isTextLike(a) && isTextLike(b)) || (isNumeric(a) && isNumeric(b));
  if (!isSame || a.kind === 'json' || a.isList || b.isList)
    throw new ConditionProblem(
      `compares ${a.name}, which is ${kindOf(a)}, with ${b.name}, which is ${kindOf(b)}`,
      node,
    );
  // Ids of one type and of another are compared as texts; those of one type can use an index.
  return isTextLike(a) && a.sqlType !== b.sqlType ? [`${left.sql}::text`, `${right.sql}::text`] : [left.sql, right.sql];
};

const kindOf = (column: Column): string => (column.isList ? 'a list' : column.kind);

const withField = (
  scope: ConditionScope,
  { sql, column }: FieldValue,
  other: Exclude<ConditionValue, FieldValue>,
  node: SyntaxNode,
): [string, string] => {
  if (column.kind === 'json' || column.isList)
    throw new ConditionProblem(
      `compares ${column.name}, which is ${kindOf(column)}: ask whether something is in it`,
      node,
    );
  if (other.what === 'now') {
    if (column.kind === 'dateTime') return [sql, 'now()'];
    throw new ConditionProblem(`compares ${column.name}, which is ${column.kind}, with a moment`, node);
  }
  if (other.value === null) throw new ConditionProblem('orders null', node);
  const conversion = toParameter(column, other.value);
  if ('problem' in conversion) throw new ConditionProblem(`${column.name} ${conversion.problem}`, node);
  const isOwnType = !isTextLike(column) || column.elementOid === UUID_OID || isTextOid(column.elementOid);
  const sqlType = isOwnType ? column.sqlType : 'text';
  return [isOwnType ? sql : `${sql}::text`, scope.parameters.add(conversion.parameter, sqlType)];
};
