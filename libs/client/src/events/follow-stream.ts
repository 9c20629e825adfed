import { NightshiftError } from '../nightshift-error.ts';
import type { Call, Http } from '../transport/http.ts';
import { makeEventParser } from './parse-events.ts';

export interface StreamOptions extends Pick<Call, 'path' | 'query' | 'signal'> {
  /** Goes on after the event with this id. */
  lastEventId?: string | undefined;
  /** Whether nothing comes after the event with this data. */
  isLast: (data: unknown) => boolean;
}

export interface StreamedEvent {
  /** That of the event before it if this one has none of its own. */
  id: string | undefined;
  data: unknown;
}

/** Where one reader is, over all the connections he needs. */
interface Place {
  lastEventId: string | undefined;
  retryMs: number;
}

const RETRY_MS = 1_000;
/** Three heartbeats: a connection that is quiet for longer is dead, though nobody said so. */
const SILENCE_MAX_MS = 45_000;

/** Whether to connect again: no answer, or an answer that the same request may not get later. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof NightshiftError) || error.status >= 500 || error.status === 429;

/**
 * Server-sent events over however many connections it takes, also to another gateway behind the same URL: each goes on where the last one
 * broke. Ends with the last event, or when the signal says so.
 * @throws NightshiftError when the gateway refuses: what is followed does not exist, the key is wrong
 */
export async function* followStream(http: Http, options: StreamOptions): AsyncGenerator<StreamedEvent> {
  const { signal } = options;
  const place: Place = { lastEventId: options.lastEventId, retryMs: RETRY_MS };
  while (!signal?.aborted) {
    try {
      const hasEnded = yield* readConnection(http, options, place);
      if (hasEnded) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!isPassing(error)) throw error;
    }
    await pause(place.retryMs, signal);
  }
}

/** One connection's events. Returns whether there is nothing more to come. */
async function* readConnection(
  http: Http,
  { path, query, signal, isLast }: StreamOptions,
  place: Place,
): AsyncGenerator<StreamedEvent, boolean> {
  const connection = new AbortController();
  const abort = (): void => connection.abort();
  signal?.addEventListener('abort', abort, { once: true });
  let silence = setTimeout(abort, SILENCE_MAX_MS);
  try {
    const response = await http.send({
      path,
      query,
      headers: {
        accept: 'text/event-stream',
        ...(place.lastEventId !== undefined && { 'last-event-id': place.lastEventId }),
      },
      signal: connection.signal,
    });
    if (response.status === 204 || response.body === null) return true;
    const parse = makeEventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      clearTimeout(silence);
      silence = setTimeout(abort, SILENCE_MAX_MS);
      for (const sent of parse(decoder.decode(value, { stream: true }))) {
        if (sent.retryMs !== undefined) place.retryMs = sent.retryMs;
        if (sent.id !== undefined) place.lastEventId = sent.id;
        if (sent.data === undefined) continue;
        const data: unknown = JSON.parse(sent.data);
        yield { id: place.lastEventId, data };
        if (isLast(data)) return true;
      }
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', abort);
    connection.abort();
  }
}

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
