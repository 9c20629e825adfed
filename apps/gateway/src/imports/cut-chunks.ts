import { createHash } from 'node:crypto';
import { Failure, IMPORT_CHUNK_BYTES, IMPORT_CHUNK_ROWS, type ImportChunk } from '@nightshift/contracts';
import type { UploadedRow, UploadedRows } from './uploaded-row.ts';

export type Chunk = Pick<ImportChunk, 'digest' | 'rows' | 'unreadable'>;

/** Of a row, beside itself: its line, brackets and commas. */
const AROUND_ROW_BYTES = 24;

/**
 * Rows in chunks that one message can carry. Where they are cut depends on nothing but the rows, so that the same upload is cut the same
 * however it arrives. What came before the line from which on nothing can be read is handed on first.
 */
export async function* cutChunks(batches: UploadedRows): AsyncGenerator<Chunk> {
  let chunk = beginChunk();
  try {
    for await (const batch of batches) {
      for (const row of batch) {
        if (chunk.add(row)) continue;
        yield chunk.finish();
        chunk = beginChunk();
        chunk.add(row);
      }
    }
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'import.unreadable') throw error;
    if (!chunk.isEmpty()) yield chunk.finish();
    throw error;
  }
  if (!chunk.isEmpty()) yield chunk.finish();
}

const beginChunk = () => {
  const rows: ImportChunk['rows'] = [];
  const unreadable: ImportChunk['unreadable'] = [];
  const hashing = createHash('sha256');
  let bytes = 0;
  const isEmpty = (): boolean => rows.length + unreadable.length === 0;
  return {
    isEmpty,
    /** @returns false when there is no room for the row */
    add: (uploaded: UploadedRow): boolean => {
      if (rows.length + unreadable.length === IMPORT_CHUNK_ROWS) return false;
      const row = withinBounds(uploaded);
      const text = 'problem' in row ? row.problem.detail : row.text;
      const rowBytes = Buffer.byteLength(text) + AROUND_ROW_BYTES;
      if (!isEmpty() && bytes + rowBytes > IMPORT_CHUNK_BYTES) return false;
      bytes += rowBytes;
      hashing.update(`${row.line} ${text}\n`);
      if ('problem' in row) unreadable.push({ line: row.line, ...row.problem });
      else rows.push([row.line, row.value]);
      return true;
    },
    finish: (): Chunk => ({ digest: hashing.digest('base64'), rows, unreadable }),
  };
};

type BoundedRow = Extract<UploadedRow, { problem: unknown }> | { line: number; value: unknown; text: string };

const withinBounds = (row: UploadedRow): BoundedRow => {
  if ('problem' in row) return row;
  const text = JSON.stringify(row.value);
  // A character of text may be three bytes.
  if (text.length * 3 <= IMPORT_CHUNK_BYTES || Buffer.byteLength(text) <= IMPORT_CHUNK_BYTES - AROUND_ROW_BYTES)
    return { ...row, text };
  return {
    line: row.line,
    problem: { code: 'request.too_large', detail: `is longer than ${IMPORT_CHUNK_BYTES} bytes as JSON` },
  };
};
