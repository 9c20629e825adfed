import { Failure, failures, type FailureCode, type FailureDetails } from '@nightshift/contracts';
import type { Performed } from './performed.ts';

/** An effect that failed, as the workflow sees it. */
export const failed = (failure: Failure, retryAfterMs?: number): Performed => ({
  outcome: {
    kind: 'failed',
    problem: failure.toProblem(),
    canRetry: failure.canRetry,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  },
});

/** The same from a code of the table. */
export const failedWith = (code: FailureCode, details?: FailureDetails): Performed =>
  failed(new Failure(code, details));

/** Codes that say that a part of Nightshift is away: not the workflow's fault, and over in a moment. */
export const isPlatformAway = (failure: Failure): boolean => failures[failure.code].status === 503;
