import type { PrivacyRule } from '@nightshift/contracts';
import type { Column } from '../values/column.ts';
import type { ConditionScope } from './condition-scope.ts';
import { conditionSql } from './condition-sql.ts';
import { ConditionProblem } from './condition-value.ts';
import { parsedCondition } from './parsed-condition.ts';

/** What a user may do with the rows of a scope, each as a condition in SQL. Rules are judged by everything that the rows hold. */
export interface Rights {
  /** Whether the thing is there for him. */
  readonly find: string;
  readonly create: string;
  readonly delete: string;
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
    const terms = [...new Set(rules.filter(gives).map(conditionOf))].filter((sql) => sql !== 'false');
    if (terms.length === 0) return 'false';
    return terms.includes('true') ? 'true' : `(${terms.join(' OR ')})`;
  };
  const mayFind: Gives = (rule) => rule.find === true;

  return {
    find: anyOf(mayFind),
    create: anyOf((rule) => rule.create === true),
    delete: anyOf((rule) => rule.delete === true),
    see: (column) => {
      const shows: Gives = (rule) => covers(rule.see, column);
      // Whoever finds the thing by some rule sees the field by the same one: no condition for each row.
      if (column === id || rules.filter(mayFind).every(shows)) return 'true';
      return anyOf(shows);
    },
    change: (columns) => {
      const terms = new Set(columns.map((column) => anyOf((rule) => covers(rule.change, column))));
      return terms.size === 0 ? 'true' : [...terms].join(' AND ');
    },
  };
};

const compile = (scope: ConditionScope, { when }: PrivacyRule): string => {
  if (when === undefined) return 'true';
  const parsed = parsedCondition(when);
  if ('problem' in parsed) return 'false';
  try {
    return conditionSql(scope, parsed.tree);
  } catch (error) {
    if (error instanceof ConditionProblem) return 'false';
    throw error;
  }
};
