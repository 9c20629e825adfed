import { builtInFields, Failure, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { nearestName } from '../nearest-name.ts';
import type { Column } from '../values/column.ts';
import { toParameter, type Parameter } from '../values/to-parameter.ts';

/** Columns in the table's order with their parameters: the same set of fields is the same statement. */
export interface Assignment {
  readonly columns: readonly Column[];
  readonly parameters: readonly Parameter[];
}

/** A field that the type may have got since it was read. */
export class UnknownFieldFailure extends Failure {}

/**
 * The fields of a new or changed thing, ready for a statement.
 * @throws Failure `thing.invalid` with every violation at once, each with its pointer
 */
export const checkFields = (
  type: StoredType,
  fields: Record<string, unknown>,
  action: 'create' | 'change',
): Assignment => {
  const violations: Violation[] = [];
  let isUnknown = false;
  for (const name of Object.keys(fields)) {
    if (type.column(name) === undefined) {
      isUnknown = true;
      violations.push(unknownField(type, name));
    }
  }
  const columns: Column[] = [];
  const parameters: Parameter[] = [];
  for (const column of type.columns) {
    const isGiven = Object.hasOwn(fields, column.name) && fields[column.name] !== undefined;
    const problem = isGiven
      ? checkGiven(type, column, fields[column.name], action, parameters)
      : checkMissing(column, action);
    if (problem !== undefined) violations.push({ pointer: `/${column.name}`, detail: problem });
    else if (isGiven) columns.push(column);
  }
  if (violations.length > 0) {
    const details = {
      detail: violations.map((violation) => `${violation.pointer.slice(1)} ${violation.detail}`).join('; '),
      errors: violations,
    };
    throw isUnknown ? new UnknownFieldFailure('thing.invalid', details) : new Failure('thing.invalid', details);
  }
  return { columns, parameters };
};

const checkGiven = (
  type: StoredType,
  column: Column,
  value: unknown,
  action: 'create' | 'change',
  parameters: Parameter[],
): string | undefined => {
  if (column.name === 'id' && action === 'change') return 'cannot be changed';
  if (column.isGenerated) return 'is computed by the database';
  if (!type.attached && column.name !== 'id' && Object.hasOwn(builtInFields, column.name))
    return 'is kept by the database';
  const conversion = toParameter(column, value);
  if ('problem' in conversion) return conversion.problem;
  if (conversion.parameter === null && !column.isNullable) return 'is required';
  parameters.push(conversion.parameter);
  return undefined;
};

const checkMissing = (column: Column, action: 'create' | 'change'): string | undefined =>
  action === 'create' && !column.isNullable && !column.hasDefault && !column.isGenerated ? 'is required' : undefined;

const unknownField = (type: StoredType, name: string): Violation => {
  const suggestion = nearestName(
    name,
    type.columns.map((column) => column.name),
  );
  return {
    pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    detail: `is not a field of ${type.name}`,
    ...(suggestion !== undefined && { suggestion }),
  };
};
