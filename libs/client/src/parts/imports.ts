import type { ImportError, ImportQuery, ImportResult, ImportView, Page } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';
import { toNdjson } from '../transport/ndjson.ts';

/** What is uploaded: things as they are made, or CSV with a header. */
export type ImportSource = AsyncIterable<Record<string, unknown>> | { csv: string | ReadableStream<Uint8Array> };

export interface ImportOptions extends ImportQuery, Repeatable {
  signal?: AbortSignal;
}

const bodyOf = (source: ImportSource): { type: string; content: string | ReadableStream<Uint8Array> } =>
  'csv' in source
    ? { type: 'text/csv', content: source.csv }
    : { type: 'application/x-ndjson', content: toNdjson(source) };

export const makeImports = (http: Http) => ({
  /**
   * Makes a thing of every row, however many there are, and answers when all have been applied. With an idempotency key, the same upload
   * sent again goes on where an earlier one was broken off.
   */
  upload: (type: string, source: ImportSource, options: ImportOptions = {}): Promise<ImportResult> => {
    const { idempotencyKey, signal, ...query } = options;
    return http.json({
      method: 'POST',
      path: pathOf('v1', 'things', type, 'bulk'),
      query: { ...query },
      body: bodyOf(source),
      idempotencyKey,
      ...(signal && { signal }),
    });
  },
  get: (id: string): Promise<ImportView> => http.json({ path: pathOf('v1', 'imports', id) }),
  /** Newest first. */
  search: (query: { type?: string; limit?: number; cursor?: string } = {}): Promise<Page<ImportView>> =>
    http.json({ path: pathOf('v1', 'imports'), query: { ...query } }),
  /** In order of their lines. */
  errors: (id: string, query: { limit?: number; cursor?: string } = {}): Promise<Page<ImportError>> =>
    http.json({ path: pathOf('v1', 'imports', id, 'errors'), query: { ...query } }),
  /** All of them as CSV. */
  errorsCsv: async (id: string): Promise<string> =>
    (await http.send({ path: pathOf('v1', 'imports', id, 'errors.csv') })).text(),
});
