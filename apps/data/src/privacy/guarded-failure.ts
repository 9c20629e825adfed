import { Failure } from '@nightshift/contracts';
import { isPostgresError, sqlState } from '../database/postgres-error.ts';

/**
 * Why Postgres refused a change that a user asked for, where the usual words would tell of things or fields that he may not see. Undefined:
 * they would not.
 */
export const guardedFailure = (type: string, error: unknown): Failure | undefined => {
  if (!isPostgresError(error)) return undefined;
  switch (error.code) {
    case sqlState.notPermitted:
      return new Failure('privacy.denied', {
        detail: `The privacy rules of ${type} do not allow this change.`,
        cause: error,
      });
    case sqlState.noReference:
      return refersNowhere(error.column ?? '', error);
    case sqlState.foreignKey:
    case sqlState.unique:
    case sqlState.check:
    case sqlState.exclusion:
    case sqlState.insufficientPrivilege:
    case sqlState.raised:
      return impossible(error);
    default:
      return error.code.startsWith('22') ? impossible(error) : undefined;
  }
};

const impossible = (cause: Error): Failure =>
  new Failure('thing.in_conflict', { detail: 'The database does not take the change.', cause });

const refersNowhere = (field: string, cause: Error): Failure => {
  const detail = 'refers to a thing that does not exist';
  return new Failure('thing.invalid', {
    detail: `${field} ${detail}`,
    errors: [{ pointer: `/${field}`, detail }],
    cause,
  });
};
