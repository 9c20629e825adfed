import { durationMs, DurationSchema, type Duration } from '@nightshift/contracts';
import { Type, type Static } from 'typebox';

/**
 * Whether and when a failed step is tried again. Only failures that may pass are: an address that does not answer, not
 * one that says "bad request".
 *
 * ```yaml
 * retry:
 *   delay: { seconds: 30 }
 *   backoff: exponential
 *   limit: { attempts: 5 }
 * ```
 */
export const RetrySchema = Type.Object(
  {
    /** Before the second attempt. */
    delay: DurationSchema,
    /** How the delay grows: not at all, by itself, or by doubling. */
    backoff: Type.Optional(Type.Enum(['constant', 'linear', 'exponential'])),
    /** All attempts, the first one included. */
    limit: Type.Object({ attempts: Type.Integer({ minimum: 1, maximum: 1000 }) }, { additionalProperties: false }),
    /** No delay is longer. One day if absent. */
    maxDelay: Type.Optional(DurationSchema),
  },
  { additionalProperties: false },
);

/** A step's `retry`, in milliseconds. */
export interface Retry {
  readonly delayMs: number;
  readonly backoff: 'constant' | 'linear' | 'exponential';
  readonly attempts: number;
  readonly maxDelayMs: number;
}

/** Doubling goes past any use within some twenty attempts; a day is the longest that somebody can be expected to wait unasked. */
const DEFAULT_MAX_DELAY: Duration = { days: 1 };

export const retryOf = ({ delay, backoff = 'exponential', limit, maxDelay }: Static<typeof RetrySchema>): Retry => ({
  delayMs: durationMs(delay),
  backoff,
  attempts: limit.attempts,
  maxDelayMs: durationMs(maxDelay ?? DEFAULT_MAX_DELAY),
});

/**
 * Milliseconds between the end of `attempt` (from 1) and the next one. Never falls with `attempt`, never exceeds `maxDelayMs`,
 * always a whole number.
 */
export const retryDelayMs = ({ delayMs, backoff, maxDelayMs }: Retry, attempt: number): number => {
  const factor = backoff === 'constant' ? 1 : backoff === 'linear' ? attempt : 2 ** (attempt - 1);
  // Zero times infinity is not a number.
  return delayMs === 0 ? 0 : Math.min(Math.round(delayMs * factor), maxDelayMs);
};
