import type { Duration, FileInfo, FileLink } from '@nightshift/contracts';
import { pathOf, type CallOptions, type Content, type Http, type Repeatable } from '../transport/http.ts';

export interface UploadOptions extends Repeatable {
  /** How people call it. */
  name?: string;
  /** What it says it is; `application/octet-stream` unless told, or a blob says. */
  contentType?: string;
}

export interface DownloadOptions extends CallOptions {
  /** A part of it, from one byte to another, both of it; to the end if that is missing. */
  range?: { start: number; end?: number };
}

/** Of slow lines. */
const UPLOAD_PATIENCE_MS = 30 * 60_000;

export const makeFiles = (http: Http) => ({
  /** Keeps a file: content, or what makes it, which a stream needs to be tried again. Unless a thing refers to it within a day, it is removed. */
  upload: (
    content: Content | (() => Content),
    { name, contentType, ...options }: UploadOptions = {},
  ): Promise<FileInfo> =>
    http.json({
      ...options,
      method: 'POST',
      path: '/v1/files',
      query: { name },
      body: { type: contentType ?? typeOf(content), content },
      patienceMs: UPLOAD_PATIENCE_MS,
    }),
  info: (id: string): Promise<FileInfo> => http.json({ path: pathOf('v1', 'files', id, 'info') }),
  /** The content is the response's body, to be read as a stream or at once. */
  download: (id: string, { range, ...options }: DownloadOptions = {}): Promise<Response> =>
    http.send({
      ...options,
      path: pathOf('v1', 'files', id),
      ...(range && { headers: { range: `bytes=${range.start}-${range.end ?? ''}` } }),
    }),
  /** What somebody gets who has a link; the client needs no key for it. */
  shared: (token: string, options?: CallOptions): Promise<Response> =>
    http.send({ ...options, path: pathOf('v1', 'public', 'files', token) }),
  /** A link by which anybody gets the file, without a key: for a day, unless told otherwise. */
  link: (id: string, { expiresIn, ...options }: Repeatable & { expiresIn?: Duration } = {}): Promise<FileLink> =>
    http.json({ ...options, method: 'POST', path: pathOf('v1', 'files', id, 'links'), json: { expiresIn } }),
  /** Removes a file that no thing refers to. */
  delete: (id: string): Promise<void> => http.json({ method: 'DELETE', path: pathOf('v1', 'files', id) }),
});

const typeOf = (content: unknown): string => (content instanceof Blob && content.type) || 'application/octet-stream';
