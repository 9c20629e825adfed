import type { ImportError, ImportQuery, ImportResult, ImportView, Page } from '@nightshift/contracts';
import { pathOf, type Call, type Http, type Repeatable } from '../transport/http.ts';
import { ndjsonOf } from '../transport/ndjson.ts';
import { allOf } from './all-of.ts';

/** What is uploaded: things as they are made, or CSV with a header. A function makes it anew, which an upload that breaks off needs to be tried again. */
export type ImportSource =
  | AsyncIterable<Record<string, unknown>>
  | (() => AsyncIterable<Record<string, unknown>>)
  | { csv: string | ReadableStream<Uint8Array> | (() => ReadableStream<Uint8Array>) };

export interface ImportOptions extends ImportQuery, Repeatable {}

export interface ImportSearch {
  type?: string;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

const bodyOf = (source: ImportSource): NonNullable<Call['body']> =>
  'csv' in source
    ? { type: 'text/csv', content: source.csv }
    : { type: 'application/x-ndjson', content: ndjsonOf(source) };

/** Rows are applied while they come. */
const UPLOAD_PATIENCE_MS = 30 * 60_000;

export const makeImports = (http: Http) => {
  const search = (query: ImportSearch = {}): Promise<Page<ImportView>> =>
    http.json({ path: '/v1/imports', query: { ...query } });
  const errors = (id: string, query: { limit?: number; cursor?: string } = {}): Promise<Page<ImportError>> =>
    http.json({ path: pathOf('v1', 'imports', id, 'errors'), query: { ...query } });
  return {
    /**
     * Makes a thing of every row, however many there are, and answers when all have been applied. With an idempotency key, the same upload
     * sent again goes on where an earlier one was broken off.
     */
    upload: (type: string, source: ImportSource, options: ImportOptions = {}): Promise<ImportResult> => {
      const { idempotencyKey, retries, timeoutMs, signal, ...query } = options;
      return http.json({
        method: 'POST',
        path: pathOf('v1', 'things', type, 'bulk'),
        query: { ...query },
        body: bodyOf(source),
        idempotencyKey,
        retries,
        timeoutMs,
        signal,
        patienceMs: UPLOAD_PATIENCE_MS,
      });
    },
    get: (id: string): Promise<ImportView> => http.json({ path: pathOf('v1', 'imports', id) }),
    /** Newest first. */
    search,
    /** All that a search finds, page after page. */
    all: (query: ImportSearch = {}): AsyncGenerator<ImportView> => allOf((cursor) => search({ ...query, cursor })),
    /** In order of their lines. */
    errors,
    allErrors: (id: string): AsyncGenerator<ImportError> => allOf((cursor) => errors(id, { cursor })),
    /** All of them as CSV. */
    errorsCsv: async (id: string): Promise<string> =>
      (await http.send({ path: pathOf('v1', 'imports', id, 'errors.csv') })).text(),
  };
};
