import { leftOf, type SyntaxNode } from '@nightshift/workflow-core';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { nearestName } from '../nearest-name.ts';
import type { Column } from '../values/column.ts';
import type { ConditionScope } from './condition-scope.ts';

/** A field that a condition names, as SQL: what it holds, without heed to rules. */
export interface FieldValue {
  readonly what: 'field';
  readonly sql: string;
  readonly column: Column;
}

export type ConditionValue =
  | FieldValue
  | { readonly what: 'literal'; readonly value: string | number | boolean | null }
  | { readonly what: 'now' };

/** Why a part of a condition is none, and where: how many characters there are up to its end. */
export class ConditionProblem extends Error {
  readonly position: number | undefined;
  readonly suggestion: string | undefined;

  constructor(detail: string, node?: SyntaxNode, suggestion?: string) {
    super(detail);
    this.position = node?.position;
    this.suggestion = suggestion;
  }
}

/** Longer paths are more lookups for each row than anybody means. */
const MOST_STEPS = 6;

/** @throws ConditionProblem for anything but a path, a literal or `$now()` */
export const valueOf = (scope: ConditionScope, node: SyntaxNode): ConditionValue => {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
      return { what: 'literal', value: node.value as string | number | boolean | null };
    case 'path':
      return fieldOf(scope, node);
    case 'function':
      if (node.procedure?.value === 'now' && node.arguments?.length === 0) return { what: 'now' };
      throw new ConditionProblem('is not a value: a path over thing or currentUser, a literal or $now() is', node);
    case 'block':
      if (node.expressions?.length === 1) return valueOf(scope, node.expressions[0]!);
      throw new ConditionProblem('can hold one expression in brackets', node);
    case 'binary':
      throw new ConditionProblem(
        `cannot compute ${String(node.value)}: values are paths, literals and $now()`,
        leftOf(node),
      );
    default:
      throw new ConditionProblem('is not a value: a path over thing or currentUser, a literal or $now() is', node);
  }
};

/** A path: each step but the last is a reference, looked up by its id. */
const fieldOf = (scope: ConditionScope, node: SyntaxNode): FieldValue => {
  const steps = node.steps ?? [];
  const [root, ...names] = steps.map((step) => nameOf(step));
  const first = steps[0]!;
  if (root !== 'thing' && root !== 'currentUser') {
    const suggestion = nearestName(root!, ['thing', 'currentUser']);
    throw new ConditionProblem(`${root} is not known: paths begin with thing or currentUser`, first, suggestion);
  }
  if (names.length === 0)
    throw new ConditionProblem(`${root} is a whole thing: name a field, such as ${root}.id`, first);
  if (names.length > MOST_STEPS) throw new ConditionProblem(`has more than ${MOST_STEPS} steps`, steps.at(-1)!);
  return root === 'thing' ? thingField(scope, steps, names) : userField(scope, steps, names);
};

const nameOf = (step: SyntaxNode): string => {
  const isPlain = step.stages === undefined && step.predicate === undefined && step.focus === undefined;
  if (step.type !== 'name' || !isPlain || step.index !== undefined || step.keepArray === true)
    throw new ConditionProblem('is more than a name, and a path here is made of names only', step);
  return String(step.value);
};

const thingField = (scope: ConditionScope, steps: SyntaxNode[], names: string[]): FieldValue => {
  const column = columnOf(scope.type, names[0]!, steps[1]!);
  const sql = `${scope.alias}.${quoteName(column.name)}`;
  return follow(scope, { what: 'field', sql, column }, steps.slice(2), names.slice(1));
};

/** The user as he is now, looked up by his id once in a statement. */
const userField = (scope: ConditionScope, steps: SyntaxNode[], names: string[]): FieldValue => {
  const { reader, parameters, typeNamed } = scope;
  const type = typeNamed(reader.userType);
  if (type === undefined) throw new ConditionProblem(`there is no type ${reader.userType} for it yet`, steps[0]!);
  const column = columnOf(type, names[0]!, steps[1]!);
  const id = parameters.add(reader.user, type.id.sqlType);
  const sql = column === type.id ? id : lookUp(type, column, type.id.name, id, 1);
  return follow(scope, { what: 'field', sql, column }, steps.slice(2), names.slice(1), 2);
};

const follow = (
  scope: ConditionScope,
  from: FieldValue,
  steps: SyntaxNode[],
  names: string[],
  depth = 1,
): FieldValue => {
  if (names.length === 0) return from;
  const { column } = from;
  const type = column.refersTo === undefined ? undefined : scope.typeNamed(column.refersTo);
  if (type === undefined || column.isList)
    throw new ConditionProblem(`follows ${column.name}, which is no reference to a thing`, steps[0]!);
  const next = columnOf(type, names[0]!, steps[0]!);
  const sql = lookUp(type, next, column.refersToColumn ?? 'id', from.sql, depth);
  return follow(scope, { what: 'field', sql, column: next }, steps.slice(1), names.slice(1), depth + 1);
};

/** One field of one thing by its primary key, or what else it is referred to by. The alias says how deep it is, so that no lookup hides another's. */
const lookUp = (type: StoredType, column: Column, key: string, place: string, depth: number): string => {
  const alias = `ns_of_${depth}`;
  return `(SELECT ${alias}.${quoteName(column.name)} FROM ${quoteTable(type.name)} AS ${alias} WHERE ${alias}.${quoteName(key)} = ${place})`;
};

const columnOf = (type: StoredType, name: string, node: SyntaxNode): Column => {
  const column = type.column(name);
  if (column !== undefined) return column;
  const suggestion = nearestName(
    name,
    type.columns.map((known) => known.name),
  );
  throw new ConditionProblem(`${name} is not a field of ${type.name}`, node, suggestion);
};
