import { Failure, type PrivacyRule, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { nearestName } from '../nearest-name.ts';
import { makeParameters } from '../search/parameters.ts';
import type { Reading } from '../search/source.ts';
import { conditionSql } from './condition-sql.ts';
import { ConditionProblem } from './condition-value.ts';
import { parsedCondition } from './parsed-condition.ts';

/**
 * Whether the rules make sense for the type as it is now.
 * @throws Failure `privacy.invalid` with every violation, each with its pointer
 */
export const checkRules = (
  type: StoredType,
  rules: readonly PrivacyRule[],
  userType: string,
  typeNamed: Reading['typeNamed'],
): void => {
  const violations: Violation[] = [];
  const names = new Set<string>();
  rules.forEach((rule, index) => {
    const pointer = `/rules/${index}`;
    if (names.has(rule.name)) violations.push({ pointer: `${pointer}/name`, detail: 'is the name of a rule before' });
    names.add(rule.name);
    violations.push(...fieldViolations(type, rule.see, `${pointer}/see`));
    violations.push(...fieldViolations(type, rule.change, `${pointer}/change`));
    const problem = rule.when === undefined ? undefined : conditionProblem(type, rule.when, userType, typeNamed);
    if (problem !== undefined) violations.push({ pointer: `${pointer}/when`, ...problem });
  });
  if (violations.length === 0) return;
  throw new Failure('privacy.invalid', {
    detail: violations.map((violation) => `${violation.pointer} ${violation.detail}`).join('; '),
    errors: violations,
  });
};

const fieldViolations = (type: StoredType, fields: unknown, pointer: string): Violation[] => {
  if (!Array.isArray(fields)) return [];
  return (fields as string[]).flatMap((field, index) => {
    if (type.column(field) !== undefined) return [];
    const suggestion = nearestName(
      field,
      type.columns.map((column) => column.name),
    );
    const detail = `${field} is not a field of ${type.name}`;
    return [{ pointer: `${pointer}/${index}`, detail, ...(suggestion !== undefined && { suggestion }) }];
  });
};

const conditionProblem = (
  type: StoredType,
  when: string,
  userType: string,
  typeNamed: Reading['typeNamed'],
): Omit<Violation, 'pointer'> | undefined => {
  const parsed = parsedCondition(when);
  if ('problem' in parsed) return { detail: parsed.problem };
  const scope = { type, alias: 't', reader: { user: null, userType }, parameters: makeParameters(), typeNamed };
  try {
    conditionSql(scope, parsed.tree);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionProblem)) throw error;
    const { position, suggestion, message } = error;
    const place = position === undefined ? '' : ` (at character ${position})`;
    return { detail: `${message}${place}`, ...(suggestion !== undefined && { suggestion }) };
  }
};
