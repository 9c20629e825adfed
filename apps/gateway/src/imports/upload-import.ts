import {
  compileSchema,
  Failure,
  failures,
  IMPORT_ERRORS_SHOWN,
  ImportQuerySchema,
  type BegunImport,
  type BulkFormat,
  type FailureCode,
  type ImportError,
  type ImportResult,
  type ImportView,
  type Page,
  type Problem,
} from '@nightshift/contracts';
import type { Readable } from 'node:stream';
import type { Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { patiently, type AskImports } from './ask-imports.ts';
import { cutChunks } from './cut-chunks.ts';
import { feedChunks } from './feed-chunks.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { readPieces } from './read-pieces.ts';
import type { UploadedRows } from './uploaded-row.ts';

export interface Upload {
  type: string;
  format: BulkFormat;
  query: Record<string, string | string[] | undefined>;
  stream: Readable;
  asked: Asked;
  /** Told the import's id as soon as there is one. */
  onBegun: (importId: string) => void;
}

const checkQuery = compileSchema(ImportQuerySchema);

/** An import through the API starts a chain of causes. */
const origin = { depth: 0, actor: 'api' };

/**
 * Applies an upload while it comes in. What is applied stays, whatever becomes of the rest; the same upload with the same idempotency key
 * goes on behind it.
 * @throws Failure `request.invalid`, `request.malformed`, `thing.invalid`, `type.not_found` before anything is applied; `import.broken`,
 * `data.unavailable`, `idempotency.key_reused` in the middle
 */
export const makeUploadImport = (askOnce: AskImports) => {
  const ask = patiently(askOnce);

  const resultOf = async (view: ImportView): Promise<ImportResult> => {
    const { items } = await ask<Page<ImportError>>({
      action: 'errors',
      importId: view.id,
      limit: IMPORT_ERRORS_SHOWN,
    });
    return { ...view, errors: items };
  };
  /** With `stop` there are errors of one row only: that which stopped it. */
  const whyStopped = async (importId: string): Promise<Problem> => {
    const { items } = await ask<Page<ImportError>>({ action: 'errors', importId });
    const errors = items.map(({ pointer, detail }) => ({ pointer, detail }));
    const said = items.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`.trim()).join('; ');
    const code = items[0]?.code ?? '';
    return new Failure(code in failures ? (code as FailureCode) : 'thing.invalid', {
      detail: `Line ${items[0]?.line ?? '?'}: ${said}`,
      errors,
    }).toProblem();
  };

  return async ({ type, format, query, stream, asked, onBegun }: Upload): Promise<ImportResult> => {
    const {
      separator = ',',
      dryRun = false,
      onError = 'skip',
      key,
    } = checked(checkQuery, coerceQuery(query, ImportQuerySchema));
    const pieces = readPieces(stream);
    const csv = format === 'csv' ? await readCsv(pieces, separator) : undefined;
    const rows: UploadedRows = csv?.rows ?? readNdjson(pieces);
    const importId = asked.newId();
    const begun = await ask<BegunImport>({
      action: 'begin',
      importId,
      type,
      format,
      ...(csv !== undefined && { columns: csv.header }),
      onError,
      ...(key !== undefined && { key }),
      dryRun,
      origin,
    });
    onBegun(importId);

    let chunks = 0;
    let problem: Problem | undefined;
    try {
      const fed = await feedChunks(ask, importId, begun, cutChunks(rows), (count) => (chunks = count));
      if (fed.isStopped) problem = await whyStopped(importId);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'import.unreadable') {
        await askOnce({ action: 'end', importId, chunks, isBroken: true }).catch(() => {});
        throw error;
      }
      problem = error.toProblem();
    }
    // Read to its end, so that a repeat under its key is known to be the same.
    if (problem !== undefined && !stream.readableEnded) for await (const piece of readPieces(stream)) void piece;
    return resultOf(
      await ask<ImportView>({ action: 'end', importId, chunks, ...(problem !== undefined && { problem }) }),
    );
  };
};
