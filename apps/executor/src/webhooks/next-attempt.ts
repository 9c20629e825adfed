export interface RetryRules {
  /** After so long without success a delivery is given up. */
  retryForMs: number;
  /** From 0 to 1. */
  random: () => number;
}

/** Sooner, and a receiver that has only just begun to start is asked in vain. */
const FIRST_MS = 1_000;
/** Of the time since the first attempt: each pause is about two and a half times the one before. */
const GROWTH = 1.5;
/** Later, and a receiver that is back waits for longer than half a day. */
const LONGEST_MS = 12 * 60 * 60_000;
/** So that what failed together does not come back together. */
const JITTER = 0.2;
/** A receiver cannot ask for more. */
const RETRY_AFTER_MAX_MS = 24 * 60 * 60_000;

/**
 * When to try again what has just failed; undefined: not any more. The last attempt is at the end of the time.
 * @param retryAfterMs what the receiver has asked for
 */
export const nextAttemptAt = (
  firstAttemptAtMs: number,
  nowMs: number,
  { retryForMs, random }: RetryRules,
  retryAfterMs = 0,
): number | undefined => {
  const elapsedMs = Math.max(0, nowMs - firstAttemptAtMs);
  if (elapsedMs >= retryForMs) return undefined;
  const pauseMs = Math.min(LONGEST_MS, Math.max(FIRST_MS, elapsedMs * GROWTH)) * (1 + JITTER * (2 * random() - 1));
  const wantedMs = Math.max(pauseMs, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
  return Math.min(nowMs + wantedMs, Math.max(firstAttemptAtMs + retryForMs, nowMs + FIRST_MS));
};
