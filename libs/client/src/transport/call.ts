/** How one call is made. */
export interface CallOptions {
  /** How often it is tried again when no answer came, or one that may be another one later. 3 unless told; 0: never. */
  retries?: number;
  /** The most time for all attempts together. Absent: what the attempts take. */
  timeoutMs?: number;
  /** Gives it up; what is thrown is the signal's reason. What has been asked for may happen all the same. */
  signal?: AbortSignal;
}

/** How a call that makes or changes something can be sent again without harm. */
export interface Repeatable extends CallOptions {
  /**
   * The same request with the same key is answered as the first time, and does nothing more. Another request with it is refused.
   * Absent: a key of this call alone, which its retries share.
   */
  idempotencyKey?: string;
}

export type Content = string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>;

export type QueryValue = string | number | boolean | readonly (string | number)[] | undefined;

/** One request, as the parts of the client ask for it. */
export interface Call extends Repeatable {
  method?: string;
  path: string;
  query?: Record<string, QueryValue>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. A function makes it anew for every attempt; a stream that is there already can be sent once. */
  body?: { type: string; content: Content | (() => Content) };
  headers?: Record<string, string>;
  /** A POST that changes nothing: it needs no key to be tried again. */
  isRead?: boolean;
  /** Nothing makes it safe to send it twice. */
  isOnce?: boolean;
  /** The gateway may take longer than usual, and for this long. */
  patienceMs?: number;
}

/** Where a request goes. A list is one value with commas. */
export const urlOf = (base: string, { path, query = {} }: Pick<Call, 'path' | 'query'>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value));
  return search.size === 0 ? base + path : `${base}${path}?${search.toString()}`;
};

/** A path of which each part is one segment, whatever is in it. */
export const pathOf = (...parts: string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;
