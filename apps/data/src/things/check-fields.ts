import { builtInFields, Failure, type FieldOperations, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { escapePointer } from '../json-pointer.ts';
import { nearestName } from '../nearest-name.ts';
import type { Column } from '../values/column.ts';
import { toParameter } from '../values/to-parameter.ts';
import type { Assignment } from './assignment.ts';
import { readOperations, type Reading } from './field-operations.ts';

/** A field that the type may have got since it was read. */
export class UnknownFieldFailure extends Failure {}

/**
 * The fields of a new thing, ready for a statement, in the table's order: the same set of fields is the same statement.
 * @throws Failure `thing.invalid` with every violation at once, each with its pointer
 */
export const checkFields = (type: StoredType, fields: Record<string, unknown>): Assignment[] => {
  const check = makeCheck(type, 'create');
  check.setAll(fields);
  for (const column of type.columns) {
    const isGiven = Object.hasOwn(fields, column.name) && fields[column.name] !== undefined;
    if (!isGiven && !column.isNullable && !column.hasDefault && !column.isGenerated)
      check.violate(`/${column.name}`, 'is required');
  }
  return check.assignments();
};

/**
 * The fields of a changed thing and the operations on others, as `checkFields` has them.
 * @throws Failure `thing.invalid` with every violation at once, each with its pointer
 */
export const checkChange = (
  type: StoredType,
  { fields = {}, ...operations }: FieldOperations & { fields?: Record<string, unknown> },
): Assignment[] => {
  const check = makeCheck(type, 'change');
  check.setAll(fields);
  for (const { name, pointer, read } of readOperations(operations)) check.assign(name, pointer, read);
  return check.assignments();
};

/** Whether nobody sets the column: `createdAt`, `updatedAt` and `createdBy` of our own tables. */
export const isKept = (type: StoredType, column: Column): boolean =>
  !type.attached &&
  column !== type.id &&
  Object.hasOwn(builtInFields, column.name) &&
  !Object.hasOwn(type.definition.fields, column.name);

/** Gathers what is to be assigned, and everything that is wrong with it. */
const makeCheck = (type: StoredType, action: 'create' | 'change') => {
  const byColumn = new Map<Column, Assignment>();
  const violations: Violation[] = [];
  let isUnknown = false;

  const violate = (pointer: string, detail: string): void => void violations.push({ pointer, detail });
  const assign = (name: string, pointer: string, read: (column: Column) => Reading): void => {
    const column = type.column(name);
    if (column === undefined) {
      isUnknown = true;
      violations.push(unknownField(type, name, pointer));
      return;
    }
    const earlier = byColumn.get(column);
    if (earlier !== undefined) return violate(pointer, `is changed by ${earlier.pointer} already`);
    const problem = whyFixed(type, column, action);
    const reading = problem === undefined ? read(column) : { problem };
    if ('problem' in reading) violate(pointer, reading.problem);
    else byColumn.set(column, { ...reading, column, pointer });
  };
  return {
    violate,
    assign,
    setAll: (fields: Record<string, unknown>): void => {
      for (const [name, value] of Object.entries(fields)) {
        // What JSON cannot say is not said: the field stays as it is.
        if (value === undefined && type.column(name) !== undefined) continue;
        assign(name, `/${escapePointer(name)}`, (column) => readValue(column, value));
      }
    },
    /** In the table's order. */
    assignments: (): Assignment[] => {
      if (violations.length > 0) {
        const details = {
          detail: violations.map((violation) => `${violation.pointer.slice(1)} ${violation.detail}`).join('; '),
          errors: violations,
        };
        throw isUnknown ? new UnknownFieldFailure('thing.invalid', details) : new Failure('thing.invalid', details);
      }
      return type.columns.flatMap((column) => byColumn.get(column) ?? []);
    },
  };
};

/** Why the column cannot be assigned at all. */
const whyFixed = (type: StoredType, column: Column, action: 'create' | 'change'): string | undefined => {
  if (column === type.id && action === 'change') return 'cannot be changed';
  if (column.isGenerated) return 'is computed by the database';
  return isKept(type, column) ? 'is kept by Nightshift' : undefined;
};

const readValue = (column: Column, value: unknown): Reading => {
  const conversion = toParameter(column, value);
  if ('problem' in conversion) return conversion;
  if (conversion.parameter === null && !column.isNullable) return { problem: 'is required' };
  return { operation: 'set', parameter: conversion.parameter };
};

const unknownField = (type: StoredType, name: string, pointer: string): Violation => {
  const suggestion = nearestName(
    name,
    type.columns.map((column) => column.name),
  );
  return { pointer, detail: `is not a field of ${type.name}`, ...(suggestion !== undefined && { suggestion }) };
};
