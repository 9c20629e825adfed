import type { Column } from '../values/column.ts';
import { isoDateTime } from '../values/iso-date-time.ts';

const special = /[",\r\n]/;

/** Quoted where it must be, and where it is an empty text: nothing at all is null. */
export const csvText = (text: string): string =>
  text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** What Postgres writes of a value as a cell that an import reads as the same value. */
export const csvCell = (column: Column, text: string | null): string => {
  if (text === null) return '';
  switch (column.kind) {
    case 'boolean':
      return text === 't' || text === 'true' ? 'true' : 'false';
    case 'dateTime':
      return isoDateTime(text);
    default:
      return csvText(text);
  }
};

/** A line of cells. A single empty cell is an empty line. */
export const csvLine = (cells: readonly string[]): string => `${cells.join(',')}\n`;
