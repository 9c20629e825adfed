import { toParameter, type Parameter } from '../values/to-parameter.ts';
import type { Compilation } from './compilation.ts';
import type { Subject } from './subject.ts';

const INT2_OID = 21;
const INT4_OID = 23;
const REAL_OID = 700;

/** Whether `real` has the number, if not exactly: it is an error of Postgres otherwise. */
const isReal = (value: unknown): boolean => {
  if (typeof value !== 'number') return true;
  const rounded = Math.fround(value);
  return Number.isFinite(rounded) && (rounded !== 0 || value === 0);
};

/** The operand as Postgres reads it, or undefined when it is wrong, which is then a violation. */
export const parameterOf = (
  c: Compilation,
  { kind, typeOid }: Pick<Subject, 'kind' | 'typeOid'>,
  operand: unknown,
  pointer: string,
): Parameter | undefined => {
  const conversion = toParameter({ kind, typeOid }, operand);
  if ('problem' in conversion) {
    c.violations.add(pointer, conversion.problem);
    return undefined;
  }
  if (typeOid === REAL_OID && !isReal(operand)) {
    c.violations.add(pointer, 'is a number that its column cannot hold');
    return undefined;
  }
  return conversion.parameter;
};

/**
 * The type that operands are cast to. Small integers are compared as large ones, which their indexes know too, so that a number that is too large
 * for the column is just not there. `json` has no equality in Postgres, `jsonb` has.
 */
export const castOf = ({ typeOid, sqlType }: Pick<Subject, 'typeOid' | 'sqlType'>): string => {
  if (typeOid === INT2_OID || typeOid === INT4_OID) return 'bigint';
  return sqlType === 'json' ? 'jsonb' : sqlType;
};
