import { Failure, type Violation } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';
import { isAway, isPostgresError, sqlState, type PostgresError } from '../database/postgres-error.ts';
import type { Assignment } from './assignment.ts';
import { constraintFields } from './constraint-fields.ts';

/** What is said of a field whose value another thing has. */
export const NOT_UNIQUE = 'is the same as that of another thing, and must be unique';

/**
 * Why Postgres refused a change, as a failure that names the field; values are never quoted. Anything that is not about
 * the thing comes back as it is.
 * @param assignments what the change was to assign, for errors about what an operation found or came to
 */
export const thingFailure = async (
  db: Queryable,
  type: string,
  error: unknown,
  assignments: readonly Assignment[] = [],
): Promise<unknown> => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  const violations = async (detail: string): Promise<Violation[]> => {
    const fields = error.column !== undefined ? [error.column] : await fieldsOf(db, type, error);
    return fields.map((field) => ({ pointer: `/${field}`, detail }));
  };
  const invalid = async (detail: string): Promise<Failure> =>
    new Failure('thing.invalid', { ...summed(await violations(detail), detail), cause: error });
  const inConflict = async (detail: string): Promise<Failure> =>
    new Failure('thing.in_conflict', { ...summed(await violations(detail), detail), cause: error });
  const invalidAt = (culprits: readonly Assignment[], detail: string): Failure => {
    const errors = culprits.map(({ pointer }) => ({ pointer, detail }));
    return new Failure('thing.invalid', { ...summed(errors, detail), cause: error });
  };

  switch (error.code) {
    case sqlState.noList:
      return invalidAt(
        assignments.filter(({ column, operation }) => column.name === error.column && operation !== 'set'),
        'is not possible: the field holds something other than a list',
      );
    case sqlState.outOfRange: {
      const increments = assignments.filter(({ operation }) => operation === 'increment');
      return increments.length === 0
        ? invalid('is a number that its column cannot hold')
        : invalidAt(increments, 'comes to a number that its column cannot hold');
    }
    case sqlState.answerTooLong:
      return new Failure('search.too_many', {
        detail: 'The ids of so many copies are more than one answer can hold. Copy fewer things at a time.',
        cause: error,
      });
    case sqlState.unique:
      return inConflict(NOT_UNIQUE);
    case sqlState.foreignKey:
      return error.table === type
        ? invalid('refers to a thing that does not exist')
        : new Failure('thing.in_conflict', {
            detail: `A thing of type ${error.table ?? 'another type'} still refers to it.`,
            cause: error,
          });
    case sqlState.notNull:
      return invalid('is required');
    case sqlState.check:
      return inConflict(`breaks the rule ${error.constraint ?? ''} of the table`);
    case sqlState.queryCancelled:
    case sqlState.lockNotAvailable:
      return new Failure('data.unavailable', {
        detail:
          'The change took too long: another transaction may hold a thing, or there are too many things for one change.',
        cause: error,
      });
    case sqlState.deadlock:
    case sqlState.serialization:
      return new Failure('data.unavailable', {
        detail: 'The change met another one of the same things.',
        cause: error,
      });
    case sqlState.insufficientPrivilege:
      return new Failure('thing.in_conflict', {
        detail: `The table ${type} does not let the data service do that.`,
        cause: error,
      });
    default:
      // Class 22: a value that its column cannot hold, such as a number out of range. P0001: a trigger of the user's refused.
      if (error.code.startsWith('22')) return invalid(`Postgres refuses a value: ${withoutValue(error.message)}`);
      if (error.code === 'P0001') return new Failure('thing.in_conflict', { detail: error.message, cause: error });
      return error;
  }
};

const fieldsOf = async (db: Queryable, type: string, error: PostgresError): Promise<string[]> =>
  error.constraint === undefined ? [] : constraintFields(db, type, error.constraint).catch(() => []);

const summed = (errors: Violation[], detail: string): { detail: string; errors?: Violation[] } =>
  errors.length === 0
    ? { detail }
    : { detail: `${errors.map((violation) => violation.pointer.slice(1)).join(', ')} ${detail}`, errors };

/** Postgres quotes the offending value after a colon. */
const withoutValue = (message: string): string => message.replace(/: ".*$/s, '').replace(/"[^"]*"/g, 'it');
