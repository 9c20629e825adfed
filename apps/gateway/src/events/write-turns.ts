/** Lets everything that was written in one turn of the event loop go out at its end: one immediate for all connections. */
export interface WriteTurns {
  /** Called once, at the end of this turn. */
  flushLater(flush: () => void): void;
}

export const makeWriteTurns = (): WriteTurns => {
  let due: (() => void)[] = [];
  const flushAll = (): void => {
    const flushes = due;
    due = [];
    for (const flush of flushes) flush();
  };
  return {
    flushLater: (flush) => {
      if (due.length === 0) setImmediate(flushAll);
      due.push(flush);
    },
  };
};
