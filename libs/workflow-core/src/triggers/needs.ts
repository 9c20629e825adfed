import { leftOf, type SyntaxNode } from '../expressions/syntax-tree.ts';
import type { ChangeView } from './change-view.ts';

/** A value that a condition compares with: never an object or a list. */
export type Literal = string | number | boolean | null;

/**
 * What must be so for a condition to be met. Without it the condition is false or fails, whatever else it says; with it, nothing
 * is known yet.
 */
export type Need = ValueNeed | ChangedNeed;

/** What the path leads to is one of the values. */
export interface ValueNeed {
  readonly of: 'value';
  /** Begins with `now`, `before` or `kind`. */
  readonly path: readonly string[];
  readonly values: ReadonlySet<Literal>;
}

/** At least one of the fields has changed. */
export interface ChangedNeed {
  readonly of: 'changed';
  readonly fields: ReadonlySet<string>;
}

/** The needs that a condition shows: equalities with literals, memberships, and that a field differs, joined by `and` and `or`. */
export const needsOf = (node: SyntaxNode): readonly Need[] => {
  if (node.type === 'block' && node.expressions?.length === 1 && !isSpecial(node)) return needsOf(node.expressions[0]!);
  if (node.type !== 'binary' || node.rhs === undefined || isSpecial(node)) return [];
  const [left, right] = [leftOf(node), node.rhs];
  switch (node.value) {
    case 'and':
      return [...needsOf(left), ...needsOf(right)];
    case 'or':
      return alternatives(needsOf(left), needsOf(right));
    case '=':
      return needOfEquality(left, right) ?? needOfEquality(right, left) ?? [];
    case 'in':
      return needOfMembership(left, right);
    case '!=':
    case '<':
    case '>':
      return needOfDifference(left, right);
    default:
      return [];
  }
};

/** Whether a change has what a condition needs. */
export const hasNeed = (need: Need, change: ChangeView): boolean => {
  if (need.of === 'changed') return change.changedFields.some((field) => need.fields.has(field));
  const value = valueAt(need.path, change);
  return value === undecided || need.values.has(value as Literal);
};

/** What is no literal: JSONata itself is to compare it. */
export const undecided = Symbol('undecided');

/** What a path leads to; undefined if it is missing. */
export const valueAt = (path: readonly string[], change: ChangeView): unknown => {
  let value: unknown = change;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    // A path that meets a list goes on in each of its items.
    if (Array.isArray(value)) return undecided;
    value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return typeof value === 'object' && value !== null ? undecided : value;
};

/** Of an `or`, only what both sides need in some form is needed. */
const alternatives = (left: readonly Need[], right: readonly Need[]): Need[] =>
  left.flatMap((one): Need[] => {
    const other = right.find((candidate) => placeOf(candidate) === placeOf(one));
    if (one.of === 'value' && other?.of === 'value')
      return [{ of: 'value', path: one.path, values: new Set([...one.values, ...other.values]) }];
    if (one.of === 'changed' && other?.of === 'changed')
      return [{ of: 'changed', fields: new Set([...one.fields, ...other.fields]) }];
    return [];
  });

const placeOf = (need: Need): string => (need.of === 'value' ? placeOfPath(need.path) : '');

/** One text for each path. */
export const placeOfPath = (path: readonly string[]): string => JSON.stringify(path);

const needOfEquality = (side: SyntaxNode, other: SyntaxNode): Need[] | undefined => {
  const path = pathOf(side);
  return path && isLiteral(other) ? [{ of: 'value', path, values: new Set([other.value as Literal]) }] : undefined;
};

const needOfMembership = (item: SyntaxNode, list: SyntaxNode): Need[] => {
  const listPath = plainPath(list);
  if (item.type === 'string' && isLiteral(item) && listPath?.length === 1 && listPath[0] === 'changedFields')
    return [{ of: 'changed', fields: new Set([String(item.value)]) }];
  const path = pathOf(item);
  if (!path || list.type !== 'unary' || list.value !== '[' || isSpecial(list)) return [];
  const values = list.expressions ?? [];
  return values.every(isLiteral)
    ? [{ of: 'value', path, values: new Set(values.map(({ value }) => value as Literal)) }]
    : [];
};

/** The same path in `before` and `now` leads to two values only if the field that it begins with has changed. */
const needOfDifference = (left: SyntaxNode, right: SyntaxNode): Need[] => {
  const [a, b] = [plainPath(left), plainPath(right)];
  if (!a || !b || a.length < 2 || a.length !== b.length) return [];
  const sides = new Set([a[0], b[0]]);
  const isOfBoth = sides.has('before') && sides.has('now');
  return isOfBoth && a.slice(1).every((name, index) => name === b[index + 1])
    ? [{ of: 'changed', fields: new Set([a[1]!]) }]
    : [];
};

/** The path of a value whose equality with a literal is known beforehand. */
const pathOf = (node: SyntaxNode): readonly string[] | undefined => {
  const path = plainPath(node);
  if (!path) return undefined;
  const isKnown =
    path[0] === 'kind' ? path.length === 1 : (path[0] === 'now' || path[0] === 'before') && path.length > 1;
  return isKnown ? path : undefined;
};

const plainPath = (node: SyntaxNode): string[] | undefined => {
  if (node.type !== 'path' || isSpecial(node) || !node.steps?.every((step) => step.type === 'name' && !isSpecial(step)))
    return undefined;
  return node.steps.map(({ value }) => String(value));
};

const isLiteral = (node: SyntaxNode): boolean =>
  (node.type === 'string' || node.type === 'number' || node.type === 'value') && !isSpecial(node);

/** Whether more is done with the node than its type says. */
const isSpecial = (node: SyntaxNode): boolean =>
  node.predicate !== undefined ||
  node.stages !== undefined ||
  node.group !== undefined ||
  node.focus !== undefined ||
  node.index !== undefined ||
  node.tuple === true ||
  node.keepArray === true ||
  node.keepSingletonArray === true ||
  node.consarray === true;
