import { Failure } from '@nightshift/contracts';
import { DATA_ROLE } from '../database/grounds.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { Table } from './read-table.ts';

/** What Postgres has against a change of a type, as a failure. Anything else comes back as it is. */
export const typeFailure = (type: string, error: unknown): unknown => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  const inConflict = (detail: string): Failure => new Failure('type.in_conflict', { detail, cause: error });
  switch (error.code) {
    case sqlState.notNull:
      return inConflict(
        `${error.column ?? 'A field'} cannot be required: there are things of type ${type} without it. Give it a default.`,
      );
    case sqlState.unique:
      return inConflict(
        `${/\(([^)]*)\)=/.exec(error.detail ?? '')?.[1] ?? 'A field'} cannot be unique: several things of type ${type} have the same.`,
      );
    case sqlState.foreignKey:
      return inConflict(`There are things of type ${type} that refer to nothing.`);
    case sqlState.dependentObjects:
    case sqlState.notSupported:
      return inConflict(
        `Something in the database stands on it (a view, a rule or a computed column): ${error.message}. ${error.detail ?? ''}`,
      );
    case sqlState.duplicateTable:
    case sqlState.duplicateObject:
      return inConflict(`Something else in the database has that name: ${error.message}.`);
    case sqlState.tooComplex:
      return inConflict(`A value is too long for an index: ${error.message}.`);
    case sqlState.queryCancelled:
    case sqlState.lockNotAvailable:
    case sqlState.deadlock:
      return new Failure('data.unavailable', { detail: `The table ${type} was in use for too long.`, cause: error });
    case sqlState.insufficientPrivilege:
      return inConflict(`The database does not let ${DATA_ROLE} do that: ${error.message}.`);
    default:
      return error;
  }
};

/** A table that only its owner can change, with what to do about it; otherwise the error itself. */
export const ownerFailure = (table: Table | undefined, error: unknown): unknown =>
  isPostgresError(error) && error.code === sqlState.insufficientPrivilege && table !== undefined
    ? new Failure('type.in_conflict', {
        detail: `The table ${table.name} belongs to ${table.owner}. Let the data service have it: ALTER TABLE public."${table.name}" OWNER TO ${DATA_ROLE}`,
        cause: error,
      })
    : error;
