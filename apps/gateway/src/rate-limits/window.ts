/** Parts of a window. More parts let in a little more of what is allowed, and cost memory per key. */
const STEPS = 10;

/**
 * Counts in a window of time that slides on in steps. It counts a step too many rather than one too few: what is kept below a limit here is
 * below it in every stretch of the window's length, and can come to ten elevenths of it for good.
 */
export interface Window {
  add(count: number, nowMs: number): void;
  total(nowMs: number): number;
  /** How long until the oldest of what is counted is not counted any more; 0: nothing is. */
  untilLessMs(nowMs: number): number;
}

export const makeWindow = (windowMs: number): Window => {
  const stepMs = windowMs / STEPS;
  const counts = new Uint32Array(STEPS + 1);
  let last = 0;
  let total = 0;

  const advance = (nowMs: number): void => {
    const step = Math.floor(nowMs / stepMs);
    // A clock that is put back leaves the window where it is.
    const gone = Math.min(step - last, counts.length);
    if (gone <= 0) return;
    for (let index = 1; index <= gone; index++) {
      const at = (step - gone + index) % counts.length;
      total -= counts[at]!;
      counts[at] = 0;
    }
    last = step;
  };

  return {
    add: (count, nowMs) => {
      advance(nowMs);
      counts[last % counts.length]! += count;
      total += count;
    },
    total: (nowMs) => {
      advance(nowMs);
      return total;
    },
    untilLessMs: (nowMs) => {
      advance(nowMs);
      if (total === 0) return 0;
      let step = last - STEPS;
      while (step < 0 || counts[step % counts.length] === 0) step++;
      return Math.max(0, (step + STEPS + 1) * stepMs - nowMs);
    },
  };
};
