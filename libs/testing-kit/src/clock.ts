/** Something that is going to happen. */
export interface Planned {
  cancel(): void;
}

/** Time that passes only when it is told to. */
export interface Clock {
  now(): Date;
  /** Has something happen at a moment (ms since 1970); at once, if that has passed. What is planned for one moment happens in the order of the plans. */
  plan(atMs: number, happen: () => void): Planned;
  /** When something is planned next; undefined: never. */
  next(): number | undefined;
  /** Moves on to a moment, with whatever is planned until then. */
  moveTo(atMs: number): void;
}

interface Entry extends Planned {
  readonly atMs: number;
  readonly happen: () => void;
}

export const makeClock = (startMs: number): Clock => {
  let nowMs = startMs;
  /** The next one last. */
  const entries: Entry[] = [];

  const placeOf = (atMs: number): number => {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle]!.atMs < atMs) high = middle;
      else if (entries[middle]!.atMs > atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    now: () => new Date(nowMs),
    plan: (atMs, happen) => {
      const entry: Entry = {
        atMs: Math.max(atMs, nowMs),
        happen,
        cancel: () => {
          const place = entries.indexOf(entry);
          if (place >= 0) entries.splice(place, 1);
        },
      };
      entries.splice(placeOf(entry.atMs), 0, entry);
      return entry;
    },
    next: () => entries.at(-1)?.atMs,
    moveTo: (atMs) => {
      nowMs = Math.max(nowMs, atMs);
      for (let due = entries.at(-1); due !== undefined && due.atMs <= nowMs; due = entries.at(-1)) {
        entries.pop();
        due.happen();
      }
    },
  };
};
