import { toElement, toParameter, type Parameter } from '../values/to-parameter.ts';
import type { Compilation } from './compilation.ts';
import type { Subject } from './subject.ts';

const INT2_OID = 21;
const INT4_OID = 23;
const REAL_OID = 700;

const most = new Map([
  [INT2_OID, 2 ** 15],
  [INT4_OID, 2 ** 31],
]);

/** Whether a column has room for the number: it is an error of Postgres otherwise. */
const hasRoom = (elementOid: number, value: unknown): boolean => {
  if (typeof value !== 'number') return true;
  const end = most.get(elementOid);
  if (end !== undefined) return value >= -end && value < end;
  if (elementOid !== REAL_OID) return true;
  const rounded = Math.fround(value);
  return Number.isFinite(rounded) && (rounded !== 0 || value === 0);
};

/** What is known of a value that is no field's. */
export const plainText = { kind: 'text', elementOid: 25 } as const;

type ValueOf = Pick<Subject, 'kind' | 'elementOid' | 'field'>;

/** The operand, one value, as Postgres reads it, or undefined when it is wrong, which is then a violation. */
export const parameterOf = (
  c: Compilation,
  { kind, elementOid, field }: ValueOf,
  operand: unknown,
  pointer: string,
): Parameter | undefined => {
  const conversion = toElement({ kind, elementOid, ...(field !== undefined && { field }) }, operand);
  if ('problem' in conversion) {
    c.violations.add(pointer, conversion.problem);
    return undefined;
  }
  if (elementOid === REAL_OID && !hasRoom(elementOid, operand)) return noRoom(c, pointer);
  return conversion.parameter;
};

/** The operand, a whole list of values, none of them null, as Postgres reads it. */
export const listParameterOf = (
  c: Compilation,
  { kind, elementOid, field }: ValueOf,
  operand: readonly unknown[],
  pointer: string,
): Parameter | undefined => {
  const conversion = toParameter({ kind, elementOid, isList: true, ...(field !== undefined && { field }) }, operand);
  if ('problem' in conversion) {
    c.violations.add(pointer, conversion.problem);
    return undefined;
  }
  return operand.every((value) => hasRoom(elementOid, value)) ? conversion.parameter : noRoom(c, pointer);
};

const noRoom = (c: Compilation, pointer: string): undefined => {
  c.violations.add(pointer, 'is a number that its column cannot hold');
  return undefined;
};

/**
 * The type that operands are cast to. Small integers are compared as large ones, which their indexes know too, so that a number that is too large
 * for the column is just not there. `json` has no equality in Postgres, `jsonb` has.
 */
export const castOf = ({ elementOid, elementType }: Pick<Subject, 'elementOid' | 'elementType'>): string => {
  if (most.has(elementOid)) return 'bigint';
  return elementType === 'json' ? 'jsonb' : elementType;
};
