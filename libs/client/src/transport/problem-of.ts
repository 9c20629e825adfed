import type { Problem } from '@nightshift/contracts';
import { failures } from '@nightshift/contracts/failures';
import { NightshiftError } from '../nightshift-error.ts';

/** What proxies answer with while nobody is behind them, and what asks for another attempt itself. */
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What an answer that is no success says. */
export const errorOf = async (response: Response): Promise<NightshiftError> => {
  const { status, headers } = response;
  const problem = await problemOf(response);
  const declared = Object.hasOwn(failures, problem.code) ? failures[problem.code as keyof typeof failures] : undefined;
  // A run that has ended badly is an answer for good: asked again, it is the same run.
  const isEnd = headers.has('nightshift-run-id');
  return new NightshiftError(problem, {
    requestId: headers.get('x-request-id') ?? undefined,
    canRetry: !isEnd && (status === 429 || (declared?.retry ?? passingStatuses.has(status))),
    retryAfterMs: readRetryAfter(headers.get('retry-after')),
  });
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

/** Seconds, or a date: RFC 9110, section 10.2.3. */
const readRetryAfter = (header: string | null): number | undefined => {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};
