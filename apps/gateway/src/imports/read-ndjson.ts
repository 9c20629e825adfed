import { IMPORT_CHUNK_BYTES } from '@nightshift/contracts';
import type { UploadedRow, UploadedRows } from './uploaded-row.ts';

const NEWLINE = 0x0a;
const BOM = '\uFEFF';

const tooLong = (line: number): UploadedRow => ({
  line,
  problem: { code: 'request.too_large', detail: `is longer than ${IMPORT_CHUNK_BYTES} bytes` },
});

/** Nothing for an empty line. */
const parse = (bytes: Buffer, line: number): UploadedRow | undefined => {
  let text = bytes.toString('utf8');
  if (line === 1 && text.startsWith(BOM)) text = text.slice(1);
  if (text.trim() === '') return undefined;
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch (error) {
    const detail = `is not JSON: ${withoutText((error as Error).message)}`;
    return { line, problem: { code: 'request.malformed', detail } };
  }
};

/** The parser quotes what it read, which is nobody's business but the sender's. */
const withoutText = (message: string): string => message.replace(/, (\.\.\.)?".*$/s, '');

/** The lines of NDJSON as they arrive. Holds one piece and one unfinished line; of a line that is too long, nothing. */
export async function* readNdjson(pieces: AsyncIterable<Buffer>): UploadedRows {
  let line = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (bytes: Buffer): void => {
    heldBytes += bytes.length;
    if (heldBytes > IMPORT_CHUNK_BYTES) held = [];
    else if (bytes.length > 0) held.push(Buffer.from(bytes));
  };
  const finish = (bytes: Buffer): UploadedRow | undefined => {
    hold(bytes);
    const row = heldBytes > IMPORT_CHUNK_BYTES ? tooLong(++line) : parse(Buffer.concat(held), ++line);
    held = [];
    heldBytes = 0;
    return row;
  };
  for await (const piece of pieces) {
    const rows: UploadedRow[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      const bytes = piece.subarray(start, end);
      const row = heldBytes > 0 || bytes.length > IMPORT_CHUNK_BYTES ? finish(bytes) : parse(bytes, ++line);
      if (row !== undefined) rows.push(row);
      start = end + 1;
    }
    hold(piece.subarray(start));
    if (rows.length > 0) yield rows;
  }
  const last = heldBytes > 0 ? finish(Buffer.alloc(0)) : undefined;
  if (last !== undefined) yield [last];
}
