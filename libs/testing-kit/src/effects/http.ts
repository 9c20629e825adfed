import { Failure } from '@nightshift/contracts';
import type { EffectOf, HttpRequest } from '@nightshift/workflow-core';
import { bodyOf, noConnection, type Outside, type StubbedAnswer } from '../outside/http.ts';
import { failed, type Delayed, type Occasion, type Performed } from '../runs/performed.ts';
import { effectKey } from './effect-key.ts';

/** Statuses after which the same request may succeed. */
const retryable: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export const makePerformHttp =
  (outside: Outside, now: () => Date) =>
  ({ request }: EffectOf<'http'>, occasion: Occasion): Performed | Delayed => {
    const { runId, step, attempt } = occasion;
    const idempotencyKey = effectKey(occasion);
    const { method, url } = request;
    const headers = { 'idempotency-key': idempotencyKey, ...request.headers };
    const sent = { method, url, headers, body: bodyOf(request), runId, step, attempt, idempotencyKey };
    const asked = outside.ask(sent);
    if (asked === undefined)
      throw new Error(
        `Step "${step}" calls ${method} ${url}, and nothing answers there: say what does with http.on('${method} ${url.replace(/\?.*$/, '')}', { body: … })`,
      );
    const { answer, afterMs } = asked;
    const host = new URL(url).host;
    if (afterMs >= request.timeoutMs && afterMs > 0) {
      const detail = `${host} did not answer within ${request.timeoutMs} ms`;
      return { afterMs: request.timeoutMs, performed: failed(new Failure('http.timeout', { detail })) };
    }
    const performed =
      answer === noConnection
        ? failed(new Failure('http.failed', { detail: `${host} could not be reached` }))
        : performedBy(answer, request, host, now());
    return afterMs > 0 ? { afterMs, performed } : performed;
  };

const performedBy = (answer: StubbedAnswer, request: HttpRequest, host: string, now: Date): Performed => {
  const { status = 200, body = null } = answer;
  const isText = typeof body === 'string';
  const headers: Record<string, string> = { 'content-type': isText ? 'text/plain' : 'application/json' };
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers[name.toLowerCase()] = value;
  const isGood = status < 400;
  if (isGood || request.errors === 'data')
    return { outcome: { kind: 'completed', result: structuredClone({ status, headers, body }) } };
  const said = isText ? body : body === null ? '' : JSON.stringify(body);
  const problem = new Failure('http.status', {
    status,
    detail: `${host} answered ${status}${said && `: ${said}`}`,
  }).toProblem();
  const retryAfterMs = retryAfter(headers['retry-after'], now);
  return {
    outcome: {
      kind: 'failed',
      problem,
      canRetry: retryable.has(status),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  };
};

const retryAfter = (header: string | undefined, now: Date): number | undefined => {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};
