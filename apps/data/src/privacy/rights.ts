import type { PrivacyRule } from '@nightshift/contracts';
import { makeParameters } from '../search/parameters.ts';
import type { Column } from '../values/column.ts';
import type { ConditionScope } from './condition-scope.ts';
import { conditionSql } from './condition-sql.ts';
import { ConditionProblem } from './condition-value.ts';
import { parsedCondition } from './parsed-condition.ts';

/**
 * What a user may do with the rows of a scope, each as a condition in SQL. Rules are judged by everything that the rows hold. What is asked for
 * must stand in the statement, for its values are among the parameters from then on.
 */
export interface Rights {
  /** Whether the thing is there for him. */
  find(): string;
  create(): string;
  delete(): string;
  /** Whether he sees the field of a thing that he may find. */
  see(column: Column): string;
  /** Whether he may change all of these fields. */
  change(columns: readonly Column[]): string;
}

type Gives = (rule: PrivacyRule) => boolean;

const covers = (fields: PrivacyRule['see'] | PrivacyRule['change'], column: Column): boolean =>
  Array.isArray(fields) ? fields.includes(column.name) : fields === 'all' || fields === true;

/** What no rule gives is not allowed; a rule whose condition no longer has a meaning, because a field is gone, gives nothing. */
export const rightsOf = (scope: ConditionScope): Rights => {
  const { privacy: rules, id } = scope.type;
  const conditions = new Map<PrivacyRule, string>();

  const conditionOf = (rule: PrivacyRule): string => {
    let sql = conditions.get(rule);
    if (sql === undefined) conditions.set(rule, (sql = compile(scope, rule)));
    return sql;
  };
  const anyOf = (gives: Gives): string => {
    const giving = rules.filter(gives);
    if (giving.some(({ when }) => when === undefined)) return 'true';
    const terms = giving.filter((rule) => hasMeaning(scope, rule)).map(conditionOf);
    return terms.length === 0 ? 'false' : `(${terms.join(' OR ')})`;
  };
  const mayFind: Gives = (rule) => rule.find === true;

  return {
    find: () => anyOf(mayFind),
    create: () => anyOf((rule) => rule.create === true),
    delete: () => anyOf((rule) => rule.delete === true),
    see: (column) => {
      const shows: Gives = (rule) => covers(rule.see, column);
      // Whoever finds the thing by some rule sees the field by the same one: no condition for each row.
      if (column === id || rules.filter(mayFind).every(shows)) return 'true';
      return anyOf(shows);
    },
    change: (columns) => {
      const terms = columns.map((column) => anyOf((rule) => covers(rule.change, column)));
      return terms.length === 0 ? 'true' : [...new Set(terms)].join(' AND ');
    },
  };
};

/** Whether its condition can be compiled, for each rule as it was read. */
const meaningful = new WeakMap<PrivacyRule, boolean>();

const hasMeaning = (scope: ConditionScope, rule: PrivacyRule): boolean => {
  let known = meaningful.get(rule);
  if (known === undefined) {
    try {
      // Tried apart: what fails halfway would leave values among the parameters that stand nowhere.
      compile({ ...scope, parameters: makeParameters() }, rule);
      known = true;
    } catch (error) {
      if (!(error instanceof ConditionProblem)) throw error;
      known = false;
    }
    meaningful.set(rule, known);
  }
  return known;
};

/** @throws ConditionProblem if the condition has no meaning for the type as it is */
const compile = (scope: ConditionScope, { when }: PrivacyRule): string => {
  if (when === undefined) return 'true';
  const parsed = parsedCondition(when);
  if ('problem' in parsed) throw new ConditionProblem(parsed.problem);
  return conditionSql(scope, parsed.tree);
};
