import { NightshiftError, NightshiftUnavailable } from '../nightshift-error.ts';
import { anySignal } from './any-signal.ts';
import { pause } from './pause.ts';

export interface AttemptsOptions {
  /** How many attempts may follow the first one. */
  retries: number;
  /** For all attempts together. */
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}

/** Long enough for a gateway to be replaced within three of them, short enough that nobody notices one. */
const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 8_000;
/** Who is told to wait for longer had better be told at once. */
const RETRY_AFTER_MAX_MS = 60_000;

/** How long to wait before another attempt; undefined: it would be as vain. Jittered, so that many callers do not come back together. */
export const waitAfter = (error: unknown, attempt: number, random: () => number = Math.random): number | undefined => {
  if (!(error instanceof NightshiftError) || !error.canRetry) return undefined;
  const { retryAfterMs = 0 } = error;
  if (retryAfterMs > RETRY_AFTER_MAX_MS) return undefined;
  const backOff = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return Math.max(retryAfterMs, backOff / 2) + (random() * backOff) / 2;
};

/**
 * Tries until there is an answer, a refusal, no attempt left or no time.
 * @throws NightshiftError; the reason of `signal` when that is aborted
 */
export const attempts = async <Answer>(
  { retries, timeoutMs, signal }: AttemptsOptions,
  attempt: (signal: AbortSignal | undefined) => Promise<Answer>,
): Promise<Answer> => {
  const deadline = timeoutMs === undefined ? undefined : new AbortController();
  const timer = deadline && setTimeout(() => deadline.abort(), timeoutMs);
  const either = anySignal(signal, deadline?.signal);
  try {
    for (let number = 1; ; number++) {
      try {
        return await attempt(either);
      } catch (error) {
        signal?.throwIfAborted();
        if (deadline?.signal.aborted) throw outOfTime(timeoutMs!, number, error);
        const waitMs = number > retries ? undefined : waitAfter(error, number);
        if (waitMs === undefined) throw error;
        await pause(waitMs, either);
        signal?.throwIfAborted();
        if (deadline?.signal.aborted) throw outOfTime(timeoutMs!, number, error);
      }
    }
  } finally {
    clearTimeout(timer);
  }
};

const outOfTime = (timeoutMs: number, tried: number, cause: unknown): NightshiftUnavailable =>
  new NightshiftUnavailable(
    'client.timeout',
    'There was no answer in time',
    `${timeoutMs} ms are over, with ${tried === 1 ? 'one attempt' : `${tried} attempts`} made`,
    { cause },
  );
