/** At most so many at the same time; whoever finds no place waits in line, but not for ever. */
export interface Places {
  /** Resolves when a place is taken, with false when none became free in time. */
  take(): Promise<boolean>;
  /** Gives a place back. */
  free(): void;
}

export const makePlaces = (most: number, patienceMs: number): Places => {
  let taken = 0;
  const line = new Set<() => void>();
  return {
    take: () => {
      if (taken < most) {
        taken++;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const admit = (): void => {
          clearTimeout(timer);
          resolve(true);
        };
        const timer = setTimeout(() => {
          line.delete(admit);
          resolve(false);
        }, patienceMs);
        line.add(admit);
      });
    },
    free: () => {
      const [next] = line;
      if (next === undefined) {
        taken--;
        return;
      }
      line.delete(next);
      next();
    },
  };
};
