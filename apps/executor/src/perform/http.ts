import { Failure } from '@nightshift/contracts';
import type { HttpRequest } from '@nightshift/workflow-core';
import { fetch, type Dispatcher, type Response } from 'undici';
import { failed, failedWith } from './failed.ts';
import type { Perform, Performed } from './performed.ts';

export interface PerformHttpDeps {
  dispatcher: Dispatcher;
  /** A longer answer is refused; it would be kept with the run for as long as its history. */
  maxAnswerBytes: number;
}

/** Statuses after which the same request may succeed. */
const retryable: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Calls out. At least once: the call carries an `Idempotency-Key` that is the same for every attempt at this step, so that the
 * other side can tell a repeat.
 */
export const makePerformHttp =
  ({ dispatcher, maxAnswerBytes }: PerformHttpDeps): Perform<'http'> =>
  async ({ request }, { journal, step }) => {
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: { 'idempotency-key': `${journal.runId}/${step}/1`, ...request.headers },
        body: request.body,
        signal: AbortSignal.timeout(request.timeoutMs),
        dispatcher,
      });
      const text = await readAnswer(response, maxAnswerBytes);
      if (!response.ok) return answeredWithError(request, response);
      return { outcome: { kind: 'completed', result: toResult(request, response, text) } };
    } catch (error) {
      return failed(toFailure(request, error));
    }
  };

const readAnswer = async (response: Response, maxBytes: number): Promise<string> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += (part as Uint8Array).byteLength;
    if (bytes > maxBytes)
      throw new Failure('http.too_large', { detail: `The answer is longer than ${maxBytes} bytes` });
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString('utf8');
};

const toResult = (request: HttpRequest, response: Response, text: string): unknown => {
  let body: unknown = text;
  if (request.expect === 'json') {
    if (text === '') body = null;
    else {
      try {
        body = JSON.parse(text);
      } catch (error) {
        throw new Failure('http.failed', {
          detail: `${hostOf(request)} answered with something that is not JSON`,
          cause: error,
        });
      }
    }
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
};

const answeredWithError = (request: HttpRequest, response: Response): Performed => {
  const performed = failedWith('http.status', {
    status: response.status,
    detail: `${hostOf(request)} answered ${response.status}`,
  });
  if (performed.outcome.kind !== 'failed') return performed;
  const retryAfterMs = retryAfter(response.headers.get('retry-after'));
  return {
    outcome: {
      ...performed.outcome,
      canRetry: retryable.has(response.status),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  };
};

/** `Retry-After` in milliseconds: seconds, or a date (RFC 9110, 10.2.3). */
const retryAfter = (header: string | null): number | undefined => {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};

/** Only the host is named: a path or a query can hold a secret. */
const hostOf = (request: HttpRequest): string => URL.parse(request.url)?.host ?? 'the address';

const toFailure = (request: HttpRequest, error: unknown): Failure => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Failure) return cause;
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new Failure('http.timeout', { detail: `${hostOf(request)} did not answer within ${request.timeoutMs} ms` });
  }
  return new Failure('http.failed', { detail: `${hostOf(request)} could not be reached`, cause: error });
};
