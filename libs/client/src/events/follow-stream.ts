import { NightshiftError, NightshiftUnavailable } from '../nightshift-error.ts';
import type { Call } from '../transport/call.ts';
import type { Http } from '../transport/http.ts';
import { pause } from '../transport/pause.ts';
import { makeEventParser } from './parse-events.ts';

export interface StreamOptions extends Pick<Call, 'path' | 'query' | 'signal'> {
  /** Goes on after the event with this id. */
  lastEventId?: string | undefined;
  /** Whether nothing comes after the event with this data. */
  isLast: (data: unknown) => boolean;
  /** Told each time that a connection stands. */
  onOpen?: () => void;
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
  /** Connections in a row that were refused or never stood. */
  failures: number;
}

const RETRY_MS = 1_000;
/** However long nobody answers, it is tried this often: longer, and readers come back late from a restart. */
const RETRY_MAX_MS = 10_000;
/** Three heartbeats: a connection that is quiet for longer is dead, though nobody said so. */
const SILENCE_MAX_MS = 45_000;

/** Whether to connect again: no answer, or an answer that the same request may not get later. */
const isPassing = (error: unknown): boolean =>
  error instanceof NightshiftError && (error.canRetry || error.status >= 500);

/**
 * Server-sent events over however many connections it takes, also to another gateway behind the same URL: each goes on where the last one
 * broke. No more is read ahead than a piece of the connection. Ends with the last event, or when the signal says so.
 * @throws NightshiftError when the gateway refuses: what is followed does not exist, the key is wrong
 */
export async function* followStream(http: Http, options: StreamOptions): AsyncGenerator<StreamedEvent> {
  const { signal } = options;
  const place: Place = { lastEventId: options.lastEventId, retryMs: RETRY_MS, failures: 0 };
  while (!signal?.aborted) {
    try {
      const hasEnded = yield* readConnection(http, options, place);
      if (hasEnded) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!isPassing(error)) throw error;
      place.failures++;
    }
    await pause(waitBefore(place), signal);
  }
}

/** Jittered: after the restart of a gateway all its readers come back. */
const waitBefore = ({ retryMs, failures }: Place): number => {
  const longest = Math.max(retryMs, RETRY_MAX_MS);
  return Math.min(longest, retryMs * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random() / 2);
};

/** One connection's events. Returns whether there is nothing more to come. */
async function* readConnection(
  http: Http,
  { path, query, signal, isLast, onOpen }: StreamOptions,
  place: Place,
): AsyncGenerator<StreamedEvent, boolean> {
  const connection = new AbortController();
  const abort = (): void => connection.abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await http.send({
      path,
      query,
      headers: {
        accept: 'text/event-stream',
        ...(place.lastEventId !== undefined && { 'last-event-id': place.lastEventId }),
      },
      signal: connection.signal,
      retries: 0,
    });
    onOpen?.();
    if (response.status === 204 || response.body === null) return true;
    const parse = makeEventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await unlessSilent(reader.read(), abort);
      if (done) return false;
      place.failures = 0;
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
    signal?.removeEventListener('abort', abort);
    connection.abort();
  }
}

/** Only the connection can be silent: who takes his time over an event loses none. */
const unlessSilent = async <T>(reading: Promise<T>, abort: () => void): Promise<T> => {
  const silence = setTimeout(abort, SILENCE_MAX_MS);
  try {
    return await reading;
  } catch (cause) {
    throw new NightshiftUnavailable('client.unreachable', 'The connection broke', String(cause), { cause });
  } finally {
    clearTimeout(silence);
  }
};
