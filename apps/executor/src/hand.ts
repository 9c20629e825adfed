/**
 * A run that this process has in hand, as others may reach it there: another dispatch came for it, or somebody paused or cancelled it.
 * Whoever walks the run sleeps in `woken` until something happens.
 */
export interface Hand {
  /** Something was appended to the run by others, or may have been. Reset by who walks the run. */
  hasNews: boolean;
  /** Whether this process goes on with the run, and does not just look who does. */
  isAtWork: boolean;
  /** Locks that the run holds, as far as who walks it knows; kept alive meanwhile. */
  locks: readonly string[];
  /** Those of them that could not be kept alive. */
  lostLocks: readonly string[];
  /** Resolves at the next `wake`. */
  woken(): Promise<void>;
  wake(): void;
}

export const makeHand = (): Hand => {
  let resolve: (() => void) | undefined;
  let isAwake = false;
  return {
    hasNews: false,
    isAtWork: false,
    locks: [],
    lostLocks: [],
    woken: () => {
      if (isAwake) {
        isAwake = false;
        return Promise.resolve();
      }
      return new Promise((done) => (resolve = done));
    },
    wake: () => {
      if (resolve) {
        const done = resolve;
        resolve = undefined;
        done();
      } else isAwake = true;
    },
  };
};

/** Every run in this process's hands. */
export type Hands = Map<string, Hand>;

/** Says that others have appended to these runs; those in hand look at once. */
export const tellHands = (hands: Hands, runIds: readonly string[]): void => {
  for (const runId of runIds) {
    const hand = hands.get(runId);
    if (!hand) continue;
    hand.hasNews = true;
    hand.wake();
  }
};
