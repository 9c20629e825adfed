import { compileSchema, ConditionSchema, WHERE_MOST_DEPTH, type Condition, type Where } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { escapePointer } from '../json-pointer.ts';
import { nearestName } from '../nearest-name.ts';
import { makeCompilation, type Compilation, type Position } from './compilation.ts';
import { caseOperators, valueOperators, wrong, type Operator } from './operators.ts';
import { makeListOperators } from './list-operators.ts';
import { quantified } from './quantifiers.ts';
import { referringTo, targetOf, type Referring } from './references.ts';
import { sourceOf, type Reading } from './source.ts';
import { subjectOf, type Subject } from './subject.ts';
import { makeViolations } from './violations.ts';

const checkCondition = compileSchema(ConditionSchema);
const combiners = new Set(['and', 'or', 'not']);
const operatorNames = Object.keys(ConditionSchema.properties);

/**
 * A condition over the source `t` as SQL; every value is a parameter. Absent and null are the same, and an empty text is
 * empty too: `null`, `{eq: null}` and `{empty: true}` mean one thing. `ne`, `notIn` and `not` hold where the value is absent. `contains`,
 * `startsWith` and `endsWith` heed case; on json, `contains` finds a list that has the text.
 */
export const compileConditions = (c: Compilation, where: Where): string =>
  compileAll(c, where, { type: c.type, alias: 't', pointer: '/where', depth: 0, isRequired: true });

/**
 * The same for a statement that is about the things of a condition and nothing else of a search.
 * @throws Failure `search.invalid` with every violation, each with its pointer
 */
export const compileWhere = (type: StoredType, where: Where, reading: Reading): string => {
  const c = makeCompilation(type, reading, makeViolations());
  const sql = compileConditions(c, where);
  c.violations.throwIfAny();
  return sql;
};

const compileAll = (c: Compilation, where: unknown, at: Position): string => {
  if (typeof where !== 'object' || where === null || Array.isArray(where))
    return wrong(c, at.pointer, 'must be an object of conditions');
  if (at.depth > WHERE_MOST_DEPTH) return wrong(c, at.pointer, `is nested deeper than ${WHERE_MOST_DEPTH}`);
  const terms = Object.entries(where).map(([key, value]) => {
    const place = { ...at, pointer: `${at.pointer}/${escapePointer(key)}` };
    return combiners.has(key) ? combine(c, key, value, place) : compileField(c, key, value, place);
  });
  return terms.length === 0 ? 'true' : `(${terms.join(' AND ')})`;
};

const combine = (c: Compilation, key: string, value: unknown, at: Position): string => {
  const isRequired = at.isRequired && key === 'and';
  const deeper = { ...at, depth: at.depth + 1, isRequired };
  if (key === 'not') return `(${compileAll(c, value, deeper)} IS NOT TRUE)`;
  if (!Array.isArray(value) || value.length === 0)
    return wrong(c, at.pointer, 'must be a list of conditions, at least one');
  const terms = value.map((item, index) => compileAll(c, item, { ...deeper, pointer: `${at.pointer}/${index}` }));
  return `(${terms.join(key === 'and' ? ' AND ' : ' OR ')})`;
};

const compileField = (c: Compilation, name: string, value: unknown, at: Position): string => {
  if (!c.mayAdd(at.pointer)) return 'false';
  const column = at.type.column(name);
  if (column !== undefined) return compileCondition(c, subjectOf(column, at.alias), value, at);
  const referring = referringTo(c, name, at);
  if (referring !== undefined) return compileReferring(c, referring, value, at);
  c.violations.addUnknownField(at.type, name, at.pointer, combiners);
  return 'false';
};

const compileCondition = (c: Compilation, subject: Subject, value: unknown, at: Position): string => {
  if (at.depth > WHERE_MOST_DEPTH) return wrong(c, at.pointer, `is nested deeper than ${WHERE_MOST_DEPTH}`);
  const isBare = typeof value !== 'object' || value === null || (subject.isList && Array.isArray(value));
  const condition = readCondition(c, isBare ? { eq: value } : value, at.pointer);
  if (condition === undefined) return 'false';
  const { ignoreCase, ...conditions } = condition;
  const given = Object.entries(conditions) as [OperatorName, unknown][];
  if (ignoreCase !== undefined && !given.some(([operator]) => caseOperators.has(operator))) {
    const known = [...caseOperators].join(', ');
    return wrong(c, `${at.pointer}/ignoreCase`, `is about ${known} beside it, and there is none of them`);
  }
  const terms = given.map(([name, operand]) => {
    const pointer = isBare ? at.pointer : `${at.pointer}/${name}`;
    const operator = (subject.isList ? listOperators : operators)[name];
    if (operator === undefined)
      return wrong(c, pointer, `is not for lists; ask for ${Object.keys(listOperators).join(', ')}`);
    return operator(c, subject, operand, { ...at, pointer, ignoreCase: ignoreCase === true });
  });
  return `(${terms.join(' AND ')})`;
};

/** Undefined where there are violations. */
const readCondition = (c: Compilation, value: unknown, at: string): Condition | undefined => {
  const checked = checkCondition(value);
  if (checked.ok) return checked.value;
  for (const { pointer, detail } of checked.violations) {
    const isUnknown = detail === 'is not a known key';
    const suggestion = isUnknown ? nearestName(pointer.slice(1), operatorNames) : undefined;
    c.violations.add(`${at}${pointer}`, isUnknown ? 'is not an operator' : detail, suggestion);
  }
  return undefined;
};

/** The things that refer to one thing, by `type.field`: at least one, every, or none of them. */
const compileReferring = (c: Compilation, { type, link }: Referring, value: unknown, at: Position): string => {
  const condition = readCondition(c, value, at.pointer);
  if (condition === undefined) return 'false';
  const terms = Object.entries(condition).map(([name, operand]) => {
    const pointer = `${at.pointer}/${name}`;
    if (name !== 'any' && name !== 'all' && name !== 'none')
      return wrong(c, pointer, `is not for the things that refer to one; ask for any, all or none`);
    const alias = c.newAlias();
    const source = sourceOf(type, alias, c.reading);
    const inside = { type, alias, pointer, depth: at.depth + 1, isRequired: false };
    return quantified(name, `${source} WHERE ${link(alias)}`, compileAll(c, operand, inside));
  });
  return `(${terms.join(' AND ')})`;
};

/** What the reference refers to, through its source: what cannot be found there does not count. */
const is: Operator = (c, subject, operand, at) => {
  const target = targetOf(c, subject, at.pointer);
  if (target === undefined) return 'false';
  const alias = c.newAlias();
  const source = sourceOf(target.type, alias, c.reading);
  const { type, key } = target;
  const { pointer, depth } = at;
  const nested = compileAll(c, operand, { type, alias, pointer, depth: depth + 1, isRequired: false });
  return `EXISTS (SELECT FROM ${source} WHERE ${alias}.${key} = ${subject.sql} AND ${nested})`;
};

type OperatorName = Exclude<keyof Condition, 'ignoreCase'>;

const ofLists = makeListOperators((c, subject, value, at) => compileCondition(c, subject, value, at));
const listOperators: Partial<Record<OperatorName, Operator>> = ofLists;
/** Those for lists are among them, and say that they are. */
const operators: Record<OperatorName, Operator> = { ...ofLists, ...valueOperators, is };
