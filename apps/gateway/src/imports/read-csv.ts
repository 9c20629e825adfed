import { Failure, IMPORT_CHUNK_BYTES } from '@nightshift/contracts';
import { parse, type CsvError } from 'csv-parse';
import type { UploadedRow, UploadedRows } from './uploaded-row.ts';

export interface Csv {
  header: string[];
  rows: UploadedRows;
}

type Cells = (string | null)[];

/** What the parser can go on after, with the next line. Of anything else nobody can tell where the next row begins. */
const isRowsOwn = ({ code }: CsvError): boolean => code === 'INVALID_OPENING_QUOTE';

/** Its header, and its rows as they arrive: cells, null where nothing is between two separators. */
export const readCsv = async (pieces: AsyncIterable<Buffer>, separator: string): Promise<Csv> => {
  const batches = parseRows(pieces, separator);
  const first = await batches.next();
  const [header, ...rest] = first.done === true ? [] : first.value;
  if (header === undefined) throw new Failure('request.malformed', { detail: 'The CSV has no header' });
  if ('problem' in header)
    throw new Failure('request.malformed', { detail: `The header cannot be read: ${header.problem.detail}` });
  const names = (header.value as Cells).map((name) => (name ?? '').trim());
  return { header: names, rows: withoutEmptyLines(rest, batches, names.length) };
};

/** In a file of one column an empty line is a row; in others it is nothing. */
async function* withoutEmptyLines(first: UploadedRow[], rest: UploadedRows, columns: number): UploadedRows {
  const isRow = (row: UploadedRow): boolean => columns === 1 || 'problem' in row || !isEmptyLine(row.value as Cells);
  yield first.filter(isRow);
  for await (const batch of rest) yield batch.filter(isRow);
}

const isEmptyLine = (cells: Cells): boolean => cells.length === 1 && cells[0] === null;

/** @throws Failure `import.unreadable` from a line on after which nothing can be told apart */
async function* parseRows(pieces: AsyncIterable<Buffer>, separator: string): AsyncGenerator<UploadedRow[]> {
  let rows: UploadedRow[] = [];
  let fatal: Failure | undefined;
  let lines = 0;
  const parser = parse({
    bom: true,
    delimiter: separator,
    relax_column_count: true,
    skip_records_with_error: true,
    max_record_size: IMPORT_CHUNK_BYTES,
    cast: (cell, { quoting }) => (cell === '' && !quoting ? null : cell),
    // Taken here and handed to nobody else: what the parser itself holds stays empty.
    on_record: (cells: Cells, context) => {
      if (fatal === undefined) rows.push({ line: lines + 1, value: cells });
      lines = context.lines;
      return null;
    },
    on_skip: (error) => {
      if (error === undefined || fatal !== undefined) return undefined;
      const detail = error.message;
      if (isRowsOwn(error)) rows.push({ line: lines + 1, problem: { code: 'request.malformed', detail } });
      else fatal = new Failure('import.unreadable', { detail: `From line ${lines + 1} on: ${detail}` });
      lines = Number(error['lines'] ?? lines + 1);
      return undefined;
    },
  });
  let settle = (): void => {};
  parser.on('error', (cause) => {
    fatal ??= new Failure('import.unreadable', { detail: cause.message, cause });
    settle();
  });
  parser.on('close', () => settle());
  parser.resume();
  const settled = (work: () => void): Promise<void> =>
    new Promise((resolve) => {
      settle = resolve;
      work();
    });

  try {
    for await (const piece of pieces) {
      await settled(() => parser.write(piece, () => settle()));
      if (rows.length > 0) yield rows;
      rows = [];
      if (fatal !== undefined) throw fatal;
    }
    await settled(() => parser.end());
    if (rows.length > 0) yield rows;
    if (fatal !== undefined) throw fatal;
  } finally {
    parser.destroy();
  }
}
