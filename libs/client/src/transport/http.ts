import { NightshiftError, NightshiftUnavailable } from '../nightshift-error.ts';
import { anySignal } from './any-signal.ts';
import { attempts } from './attempts.ts';
import { urlOf, type Call, type CallOptions, type Content } from './call.ts';
import { errorOf } from './problem-of.ts';

export interface ClientOptions extends CallOptions {
  /** Of a gateway: `http://127.0.0.1:8080`. */
  url: string;
  /** The API key, or a user's token. Sent in a header, never in a URL. A function is asked before each request, and may fetch a fresh one. */
  key?: string | (() => string | Promise<string>);
  /** As whom things are read and changed and runs act: the id of a user, null for somebody who is not logged in. Absent: as the platform itself. */
  user?: string | null;
  /** The most time that one attempt may take, a minute unless told; uploads and downloads may take any. */
  attemptTimeoutMs?: number;
  /** In place of the global one. */
  fetch?: typeof fetch;
}

/** One deployment, spoken to over HTTP. */
export interface Http {
  /** The response if it is a success; its body can be read for as long as it takes. @throws NightshiftError */
  send(call: Call): Promise<Response>;
  /** The JSON of the answer; undefined if there is none. @throws NightshiftError */
  json<Answer>(call: Call): Promise<Answer>;
}

const RETRIES = 3;
const ATTEMPT_TIMEOUT_MS = 60_000;

/** What is not safe to repeat without a key. */
const keyedMethods: ReadonlySet<string> = new Set(['POST', 'PATCH']);

/** @throws TypeError for a `url` that is none */
export const makeHttp = (options: ClientOptions): Http => {
  const { key, user, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS, fetch: fetchWith = globalThis.fetch } = options;
  const base = baseOf(options.url);

  const headersOf = async (call: Call, idempotencyKey: string | undefined): Promise<Headers> => {
    const { json, body, headers } = call;
    const made = new Headers(headers);
    const type = json === undefined ? body?.type : 'application/json';
    if (type !== undefined) made.set('content-type', type);
    const shown = typeof key === 'function' ? await key() : key;
    if (shown !== undefined) made.set('authorization', `Bearer ${shown}`);
    if (user !== undefined) made.set('nightshift-user', user ?? '');
    if (idempotencyKey !== undefined) made.set('idempotency-key', idempotencyKey);
    return made;
  };

  const attemptOnce = async <Answer>(
    call: Call,
    idempotencyKey: string | undefined,
    signal: AbortSignal | undefined,
    read: (response: Response) => Promise<Answer>,
  ): Promise<Answer> => {
    const content = contentOf(call);
    const isStream = content instanceof ReadableStream;
    const init = {
      method: call.method ?? 'GET',
      headers: await headersOf(call, idempotencyKey),
      ...(content !== undefined && { body: content }),
      // Without it, `fetch` refuses to send a stream.
      ...(isStream && { duplex: 'half' }),
    } as RequestInit;
    const own = new AbortController();
    const timer = isStream ? undefined : setTimeout(() => own.abort(), attemptTimeoutMs + (call.patienceMs ?? 0));
    const linked = anySignal(signal, own.signal);
    try {
      const response = await fetchWith(urlOf(base, call), { ...init, ...(linked && { signal: linked }) });
      if (!response.ok) throw await errorOf(response);
      return await read(response);
    } catch (error) {
      if (error instanceof NightshiftError || signal?.aborted) throw error;
      throw own.signal.aborted ? tooLate(base, error) : unreachable(base, error);
    } finally {
      clearTimeout(timer);
    }
  };

  const ask = <Answer>(call: Call, read: (response: Response) => Promise<Answer>): Promise<Answer> => {
    const { retries: wanted = options.retries ?? RETRIES, timeoutMs = options.timeoutMs } = call;
    const isKeyed = keyedMethods.has(call.method ?? 'GET') && call.isRead !== true;
    const canRepeat = call.isOnce !== true && !(call.body?.content instanceof ReadableStream);
    const retries = canRepeat ? wanted : 0;
    const idempotencyKey = call.idempotencyKey ?? (isKeyed && retries > 0 ? newKey() : undefined);
    const signal = anySignal(options.signal, call.signal);
    return attempts({ retries, timeoutMs, signal }, (each) => attemptOnce(call, idempotencyKey, each, read));
  };

  return {
    send: (call) => ask(call, async (response) => response),
    json: <Answer>(call: Call) =>
      ask(call, async (response) => {
        const text = await response.text();
        return (text === '' ? undefined : parse(base, text)) as Answer;
      }),
  };
};

/** In a page, also an address of the same site: `/nightshift`. */
const baseOf = (url: string): string => {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const parsed = URL.canParse(url, page) ? new URL(url, page) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new TypeError('`url` has to be that of a gateway, as in http://127.0.0.1:4400');
  return parsed.href.replace(/\/+$/, '');
};

const contentOf = ({ json, body }: Call): Content | undefined => {
  if (json !== undefined) return JSON.stringify(json);
  return typeof body?.content === 'function' ? body.content() : body?.content;
};

/** Random UUIDs are only made for pages that came over TLS. */
const newKey = (): string =>
  globalThis.crypto.randomUUID?.() ??
  [...globalThis.crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const parse = (base: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = `What answered at ${base} is not JSON`;
    throw new NightshiftUnavailable('client.unreadable', 'The answer cannot be read', detail, {
      cause: error,
      canRetry: false,
    });
  }
};

const unreachable = (base: string, cause: unknown): NightshiftUnavailable => {
  // What fetch throws says only that it failed; why is in its cause.
  const { message, cause: reason } = cause instanceof Error ? cause : new Error(String(cause));
  const why = (reason instanceof Error && (reason.message || (reason as { code?: string }).code)) || message;
  return new NightshiftUnavailable('client.unreachable', 'Nightshift cannot be reached', `${base} (${why})`, { cause });
};

const tooLate = (base: string, cause: unknown): NightshiftUnavailable =>
  new NightshiftUnavailable('client.timeout', 'There was no answer in time', `${base} has not answered`, { cause });

export { pathOf, type Call, type CallOptions, type Content, type QueryValue, type Repeatable } from './call.ts';
