import { Failure, type BulkFormat, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { Row } from '../database/row-statement.ts';
import { nearestName } from '../nearest-name.ts';
import { isKept } from '../things/check-fields.ts';
import type { Column } from '../values/column.ts';
import { columnJson } from '../values/from-text.ts';
import { csvCell, csvLine, csvText } from './write-csv.ts';

/** How the rows of an export are written. */
export interface ExportLines {
  readonly header: string;
  lineOf(row: Row): string;
}

/** Writes rows of texts, in the order of the columns. */
export const exportLines = (format: BulkFormat, columns: readonly Column[]): ExportLines => {
  if (format === 'csv') {
    const cells = columns.map(csvCell);
    return {
      header: csvLine(columns.map(({ name }) => csvText(name))),
      lineOf: (row) => csvLine(cells.map((cell, index) => (row[index] == null ? '' : cell(row[index])))),
    };
  }
  const fields = columns.map((column) => ({ key: JSON.stringify(column.name), toJson: columnJson(column) }));
  return {
    header: '',
    lineOf: (row) =>
      `{${fields.map(({ key, toJson }, index) => `${key}:${row[index] == null ? 'null' : toJson(row[index])}`).join(',')}}\n`,
  };
};

/**
 * The columns that are asked for, in that order; if none are, the id and whatever an import can set.
 * @throws Failure `search.invalid` with every violation
 */
export const exportedColumns = (type: StoredType, fields: readonly string[] | undefined): Column[] => {
  if (fields === undefined) return type.columns.filter((column) => !isKept(type, column) && !column.isGenerated);
  const errors: Violation[] = [];
  const columns = fields.flatMap((name, index) => {
    const column = type.column(name);
    if (column !== undefined) return column;
    const suggestion = nearestName(
      name,
      type.columns.map((known) => known.name),
    );
    errors.push({
      pointer: `/fields/${index}`,
      detail: `${name} is not a field of ${type.name}`,
      ...(suggestion !== undefined && { suggestion }),
    });
    return [];
  });
  if (errors.length === 0) return columns;
  const detail = errors.map((error) => `${error.pointer} ${error.detail}`).join('; ');
  throw new Failure('search.invalid', { detail, errors });
};
