import type { Problem } from '@nightshift/contracts';
import { NightshiftError } from '../nightshift-error.ts';

export interface ClientOptions {
  /** Of a gateway: `http://127.0.0.1:8080`. */
  url: string;
  /** The API key. Sent in a header, never in a URL. */
  key?: string;
  /** As whom things are read and changed and runs act: the id of a user, null for somebody who is not logged in. Absent: as the platform itself. */
  user?: string | null;
  /** In place of the global one. */
  fetch?: typeof fetch;
}

export type QueryValue = string | number | boolean | undefined;

export interface Call {
  method?: string;
  path: string;
  query?: Record<string, QueryValue>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: { type: string; content: string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array> };
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** See `Repeatable`. */
  idempotencyKey?: string;
}

/** How a request that makes or changes something can be sent again without harm. */
export interface Repeatable {
  /** The same request with the same key is answered as the first time, and does nothing more. Another request with it is refused. */
  idempotencyKey?: string;
}

/** One deployment, spoken to over HTTP. */
export interface Http {
  /** The response if it is a success. @throws NightshiftError for a problem, TypeError of `fetch` when nobody answers */
  send(call: Call): Promise<Response>;
  /** The JSON of the answer; undefined if there is none. */
  json<Answer>(call: Call): Promise<Answer>;
}

const withQuery = (url: string, query: Record<string, QueryValue> | undefined): string => {
  const given = Object.entries(query ?? {}).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
  );
  if (given.length === 0) return url;
  return `${url}?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
};

/** An answer that is no problem document comes from something between here and the gateway. */
const problemOf = async (response: Response): Promise<Problem> => {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    if (typeof problem?.code === 'string') return problem as Problem;
  } catch {
    // Not JSON.
  }
  const title = `The answer was ${response.status} ${response.statusText}`.trim();
  return { type: 'about:blank', title, status: response.status, code: `http.${response.status}` };
};

export const makeHttp = ({ url, key, user, fetch: fetchWith = globalThis.fetch }: ClientOptions): Http => {
  const base = url.replace(/\/+$/, '');

  const send = async ({
    method = 'GET',
    path,
    query,
    json,
    body,
    headers,
    signal,
    idempotencyKey,
  }: Call): Promise<Response> => {
    const content = json === undefined ? body?.content : JSON.stringify(json);
    const type = json === undefined ? body?.type : 'application/json';
    const response = await fetchWith(withQuery(base + path, query), {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(user !== undefined && { 'nightshift-user': user ?? '' }),
        ...(type !== undefined && { 'content-type': type }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...headers,
      },
      ...(content !== undefined && { body: content }),
      ...(signal && { signal }),
      // Without it, `fetch` refuses to send a stream.
      ...(content instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit);
    if (!response.ok) throw new NightshiftError(await problemOf(response));
    return response;
  };

  return {
    send,
    json: async <Answer>(call: Call) => {
      const text = await (await send(call)).text();
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    },
  };
};

/** A path of which each part is one segment, whatever is in it. */
export const pathOf = (...parts: string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;
