import type { Column } from '../values/column.ts';
import { columnJson, columnValue } from '../values/from-text.ts';

const special = /[",\r\n]/;

/** Quoted where it must be, and where it is an empty text: nothing at all is null. RFC 4180, but for the line ends. */
export const csvText = (text: string): string =>
  text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** What Postgres writes of a value, as a cell that an import reads as the same value. Made once for a column. */
export const csvCell = (column: Column): ((text: string) => string) => {
  if (column.isList) {
    const toJson = columnJson(column);
    return (text) => csvText(toJson(text));
  }
  switch (column.kind) {
    case 'boolean':
    case 'dateTime':
      return (text) => String(columnValue(column, text));
    default:
      return csvText;
  }
};

export const csvLine = (cells: readonly string[]): string => `${cells.join(',')}\n`;
