/** At most `limit` starts within any `perMs` milliseconds. */
export interface RateLimit {
  readonly limit: number;
  readonly perMs: number;
}

/** The starts that may still count, oldest first: `[when, how many]`, the moment in milliseconds since 1970. */
export type RateWindow = readonly (readonly [atMs: number, starts: number])[];

/**
 * How many parts of the period are told apart. Starts that are closer together are kept as one, at the later moment: a window stays small
 * however many starts it counts, and errs on the safe side by as much.
 */
const PARTS = 100;

/** The window with more starts in it, and without those that count no longer. */
export const addStarts = (window: RateWindow, atMs: number, starts: number, { perMs }: RateLimit): RateWindow => {
  const all = [...window, [atMs, starts] as const].sort(([one], [other]) => one - other);
  const merged: [number, number][] = [];
  for (const [moment, count] of all) {
    const last = merged.at(-1);
    if (last && moment - last[0] < perMs / PARTS) merged[merged.length - 1] = [moment, last[1] + count];
    else merged.push([moment, count]);
  }
  return merged;
};

/**
 * How many may start now, given the starts in the window and `pending` others that were let go and are not known to have started yet. If none:
 * when it is worth asking again, if a start in the window decides it.
 */
export const roomIn = (
  window: RateWindow,
  pending: number,
  { limit, perMs }: RateLimit,
  nowMs: number,
): { room: number; window: RateWindow; nextAtMs: number | undefined } => {
  const counting = window.filter(([atMs]) => atMs + perMs > nowMs);
  const used = counting.reduce((sum, [, starts]) => sum + starts, pending);
  return { room: Math.max(0, limit - used), window: counting, nextAtMs: counting[0] && counting[0][0] + perMs };
};
