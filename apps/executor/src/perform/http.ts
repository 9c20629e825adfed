import { Failure } from '@nightshift/contracts';
import type { HttpRequest } from '@nightshift/workflow-core';
import { fetch, type Dispatcher, type Response } from 'undici';
import { effectKey } from './effect-key.ts';
import { failed } from './failed.ts';
import { excerpt, parseBody, readBody } from './http-answer.ts';
import { toSent } from './http-body.ts';
import type { Perform, Performed } from './performed.ts';
import { retryAfter } from './retry-after.ts';

export interface PerformHttpDeps {
  dispatcher: Dispatcher;
  /** A longer answer is refused; it would be kept with the run for as long as its history. */
  maxAnswerBytes: number;
}

/** Statuses after which the same request may succeed. */
const retryable: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Of the answer to a call that failed, so much is read: enough to tell a person why. */
const ERROR_ANSWER_BYTES = 4096;

/**
 * Calls out. At least once: the call carries an `Idempotency-Key` that is the same for every attempt at this step, so that the
 * other side can tell a repeat. Redirects are followed, each to an address that may be called; `Authorization` and `Cookie` do not go
 * along to another host.
 */
export const makePerformHttp =
  ({ dispatcher, maxAnswerBytes }: PerformHttpDeps): Perform<'http'> =>
  async ({ request }, occasion) => {
    const interrupted = occasion.signal();
    try {
      const { headers, body } = toSent(request);
      const response = await fetch(request.url, {
        method: request.method,
        headers: { 'idempotency-key': effectKey(occasion), ...headers },
        body,
        signal: AbortSignal.any([AbortSignal.timeout(request.timeoutMs), interrupted]),
        dispatcher,
      });
      if (!response.ok && request.errors === 'fail') return await answeredWithError(request, response);
      const result = await readAnswer(request, response, Math.min(request.maxBytes ?? Infinity, maxAnswerBytes));
      return { outcome: { kind: 'completed', result } };
    } catch (error) {
      return failed(toFailure(request, error, interrupted));
    }
  };

const readAnswer = async (request: HttpRequest, response: Response, maxBytes: number): Promise<unknown> => {
  const { bytes, isWhole } = await readBody(response, maxBytes);
  if (!isWhole) {
    throw new Failure('http.too_large', {
      detail: `${hostOf(request)} answered with more than ${maxBytes} bytes, and longer answers are not kept`,
    });
  }
  const body = parseBody(bytes, response, request.expect, hostOf(request));
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
};

const answeredWithError = async (request: HttpRequest, response: Response): Promise<Performed> => {
  const { bytes } = await readBody(response, ERROR_ANSWER_BYTES);
  const said = excerpt(bytes);
  const problem = new Failure('http.status', {
    status: response.status,
    detail: `${hostOf(request)} answered ${response.status}${said && `: ${said}`}`,
  }).toProblem();
  const retryAfterMs = retryAfter(response.headers.get('retry-after'));
  return {
    outcome: {
      kind: 'failed',
      problem,
      canRetry: retryable.has(response.status),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  };
};

/** Only the host is named: a path or a query can hold a secret. */
const hostOf = (request: HttpRequest): string => URL.parse(request.url)?.host ?? 'the address';

const toFailure = (request: HttpRequest, error: unknown, interrupted: AbortSignal): Failure => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Failure) return cause;
  }
  const host = hostOf(request);
  if (interrupted.aborted) return new Failure('http.failed', { detail: `The call of ${host} was interrupted` });
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new Failure('http.timeout', { detail: `${host} did not answer within ${request.timeoutMs} ms` });
  }
  return new Failure('http.failed', { detail: `${host} could not be reached${reasonOf(error)}`, cause: error });
};

/** What the network says, as in `ECONNREFUSED`, or the client, as in `redirect count exceeded`. */
const reasonOf = (error: unknown): string => {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  const reason = cause?.code ?? cause?.message;
  return typeof reason === 'string' ? ` (${reason})` : '';
};
