import type { Duration, FileInfo, FileLink } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

export interface UploadOptions extends Repeatable {
  /** How people call it. */
  name?: string;
  /** What it says it is; `application/octet-stream` unless told, or a blob says. */
  contentType?: string;
  signal?: AbortSignal;
}

export interface DownloadOptions {
  /** A part of it, from one byte to another, both of it; to the end if that is missing. */
  range?: { start: number; end?: number };
  signal?: AbortSignal;
}

export const makeFiles = (http: Http) => ({
  /** Keeps a file. Unless a thing refers to it within a day, it is removed. */
  upload: (
    content: string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>,
    { name, contentType, idempotencyKey, signal }: UploadOptions = {},
  ): Promise<FileInfo> =>
    http.json({
      method: 'POST',
      path: '/v1/files',
      query: { name },
      body: { type: contentType ?? typeOf(content), content },
      idempotencyKey,
      signal,
    }),
  info: (id: string): Promise<FileInfo> => http.json({ path: pathOf('v1', 'files', id, 'info') }),
  /** The content is the response's body, to be read as a stream or at once. */
  download: (id: string, { range, signal }: DownloadOptions = {}): Promise<Response> =>
    http.send({
      path: pathOf('v1', 'files', id),
      ...(range && { headers: { range: `bytes=${range.start}-${range.end ?? ''}` } }),
      signal,
    }),
  /** A link by which anybody gets the file, without a key: for a day, unless told otherwise. */
  link: (id: string, { expiresIn }: { expiresIn?: Duration } = {}): Promise<FileLink> =>
    http.json({ method: 'POST', path: pathOf('v1', 'files', id, 'links'), json: { expiresIn } }),
  /** Removes a file that no thing refers to. */
  delete: (id: string): Promise<void> => http.json({ method: 'DELETE', path: pathOf('v1', 'files', id) }),
});

const typeOf = (content: unknown): string => (content instanceof Blob && content.type) || 'application/octet-stream';
