import { Failure, type FailureCode, type ImportError, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { escapePointer } from '../json-pointer.ts';
import { checkFields, UnknownFieldFailure, unknownField, whyFixed } from '../things/check-fields.ts';
import type { Column } from '../values/column.ts';
import type { Parameter } from '../values/to-parameter.ts';
import { cellToParameter } from './cell-to-parameter.ts';

/** A row that is fit to be inserted, as far as can be told without the database. */
export interface ReadRow {
  readonly line: number;
  readonly columns: readonly Column[];
  readonly parameters: readonly Parameter[];
}

/** Reads one row of an import: as what is to be inserted, or as everything that is wrong with it. */
export type ReadRowOf = (line: number, row: unknown) => ReadRow | ImportError[];

/** What a failure says of a row: an error for each violation, at least one. */
export const errorsOf = (line: number, failure: Failure): ImportError[] => {
  const { code, message, details } = failure;
  return (details.errors ?? [{ pointer: '', detail: message }]).map((violation) => ({ line, code, ...violation }));
};

/**
 * Rows of CSV, as cells in the order of the header. An empty cell is null; in a field that cannot be, its default.
 * @throws Failure `thing.invalid` when the header cannot be that of the type
 */
export const makeReadCells = (type: StoredType, header: readonly string[]): ReadRowOf => {
  const columns = columnsOf(type, header);
  return (line, row) => {
    const cells = row as (string | null)[];
    const wrong = (pointer: string, detail: string, code: FailureCode = 'thing.invalid'): ImportError => ({
      line,
      pointer,
      code,
      detail,
    });
    if (cells.length !== columns.length) {
      return [wrong('', `has ${cells.length} values, and the header has ${columns.length}`, 'request.malformed')];
    }
    const given: Column[] = [];
    const parameters: Parameter[] = [];
    const errors: ImportError[] = [];
    columns.forEach((column, index) => {
      const cell = cells[index]!;
      if (cell === null && !column.isNullable) {
        if (!column.hasDefault) errors.push(wrong(`/${escapePointer(column.name)}`, 'is required'));
        return;
      }
      const conversion = cellToParameter(column, cell);
      if ('problem' in conversion) return void errors.push(wrong(`/${escapePointer(column.name)}`, conversion.problem));
      given.push(column);
      parameters.push(conversion.parameter);
    });
    return errors.length > 0 ? errors : { line, columns: given, parameters };
  };
};

const columnsOf = (type: StoredType, header: readonly string[]): Column[] => {
  const violations: Violation[] = [];
  let isUnknown = false;
  const columns = header.flatMap((name, index): Column[] => {
    const pointer = `/${escapePointer(name)}`;
    const column = type.column(name);
    if (column === undefined) {
      isUnknown = true;
      violations.push(unknownField(type, name, pointer));
      return [];
    }
    const problem = header.indexOf(name) < index ? 'is there twice' : whyFixed(type, column, 'create');
    if (problem !== undefined) violations.push({ pointer, detail: problem });
    return [column];
  });
  for (const column of type.columns) {
    if (!columns.includes(column) && !column.isNullable && !column.hasDefault && !column.isGenerated)
      violations.push({
        pointer: `/${escapePointer(column.name)}`,
        detail: 'is required, and the header has no such field',
      });
  }
  if (violations.length === 0) return columns;
  const details = {
    detail: `The header: ${violations.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`).join('; ')}`,
    errors: violations,
  };
  throw isUnknown ? new UnknownFieldFailure('thing.invalid', details) : new Failure('thing.invalid', details);
};

/** Rows of NDJSON, each an object of fields as a create takes them. `onUnknown` hears of fields that the type has not. */
export const makeReadObject =
  (type: StoredType, onUnknown: () => void): ReadRowOf =>
  (line, row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      return [{ line, pointer: '', code: 'request.malformed', detail: 'must be an object of fields' }];
    try {
      const assignments = checkFields(type, row as Record<string, unknown>);
      return {
        line,
        columns: assignments.map(({ column }) => column),
        parameters: assignments.map(({ parameter }) => parameter),
      };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error instanceof UnknownFieldFailure) onUnknown();
      return errorsOf(line, error);
    }
  };
