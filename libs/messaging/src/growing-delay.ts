/**
 * How long to wait before attempt `attempt + 1`, in milliseconds: doubling from `firstMs` up to `mostMs`, with a jitter of
 * a quarter so that many waiters do not return at once. `attempt` counts from 0.
 */
export const growingDelayMs = (attempt: number, firstMs: number, mostMs: number): number => {
  const delayMs = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(delayMs * (0.75 + Math.random() * 0.5));
};
