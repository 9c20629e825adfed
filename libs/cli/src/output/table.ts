import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  title: string;
  of: (row: Row) => string | number | null | undefined;
  /** On the right: numbers. */
  isRight?: boolean;
}

const GAP = '  ';

const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;

/** Line breaks and escape sequences of other people's texts must not draw on the terminal. */
export const oneLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();

/** Rows below each other, each column as wide as its widest cell; lines that are longer than `width` are cut. */
export const formatTable = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], width = Infinity): string[] => {
  const cells = rows.map((row) => columns.map(({ of }) => oneLine(String(of(row) ?? ''))));
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...cells.map((row) => row[index]!.length)));
  const lineOf = (texts: readonly string[]): string => {
    const padded = texts.map((text, index) =>
      columns[index]!.isRight === true ? text.padStart(widths[index]!) : text.padEnd(widths[index]!),
    );
    return cut(padded.join(GAP).trimEnd(), width);
  };
  return [lineOf(columns.map(({ title }) => title.toUpperCase())), ...cells.map(lineOf)];
};
