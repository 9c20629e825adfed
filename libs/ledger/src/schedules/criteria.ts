import { searchableParameters } from '../sql/searchable-parameters.ts';

/** What only schedules are found by: runs that have a due time or a key. */
export interface ScheduleCriteria {
  key?: string;
  keyPrefix?: string;
  /** The name of who asked for it. */
  user?: string;
  /** Made by a run of one of this list's items. */
  madeByList?: string;
  dueAfter?: Date;
  dueBefore?: Date;
  /** For each: the parameters hold all that one of these holds. */
  parameters?: readonly (readonly Record<string, unknown>[])[];
}

/** Adds a value to those of a statement. @returns its place, as SQL has it */
export type AddValue = (value: unknown) => string;

/** The criteria as conditions on a schedule `s`; none if none is given. */
export const criteriaConditions = (where: ScheduleCriteria, value: AddValue): string[] => {
  const { key, keyPrefix, user, madeByList, dueAfter, dueBefore, parameters = [] } = where;
  const conditions: string[] = [];
  if (key !== undefined) conditions.push(`s.key = ${value(key)}`);
  if (keyPrefix !== undefined) conditions.push(`s.key LIKE ${value(`${keyPrefix.replace(/[\\%_]/g, '\\$&')}%`)}`);
  if (user !== undefined) conditions.push(`s.requested_by = ${value(user)}`);
  if (madeByList !== undefined) conditions.push(`s.list_id = ${value(madeByList)}`);
  if (dueAfter) conditions.push(`s.due_at > ${value(dueAfter)}`);
  if (dueBefore) conditions.push(`s.due_at < ${value(dueBefore)}`);
  for (const any of parameters) {
    const holds = any.map((one) => `s.parameters @> CAST(${value(searchableParameters(one))} AS jsonb)`);
    conditions.push(holds.length === 1 ? holds[0]! : `(${holds.join(' OR ')})`);
  }
  return conditions;
};

/** Whether runs are to be found by what only schedules have. A user is known of every run. */
export const hasScheduleCriteria = ({ user: _, ...where }: ScheduleCriteria): boolean =>
  criteriaConditions(where, () => '').length > 0;
