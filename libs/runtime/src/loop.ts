/**
 * Takes turns, one after the other: each says how long to sleep before the next. It can be started again when it was stopped.
 *
 * States: sleeping (one timer), in a turn, resting after a turn that failed, stopped. `wake` ends a sleep, and during a
 * turn asks for another right after it. It does not end a rest: while Postgres is away, a storm of signals costs nothing.
 */
export interface Loop {
  start(): void;
  wake(): void;
  /** No further turn. Resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  /** Resolves to the milliseconds until the next turn. */
  turn: () => Promise<number>;
  /** The sleep after a turn that failed. Smaller hammers a server that is starting; larger is late after an outage. */
  restMs: number;
  onFault: (error: unknown) => void;
}

/** What a timer of Node can hold. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

export const makeLoop = ({ turn, restMs, onFault }: LoopOptions): Loop => {
  let state: 'stopped' | 'sleeping' | 'turning' | 'resting' = 'stopped';
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let isWoken = false;

  const sleep = (next: 'sleeping' | 'resting', ms: number): void => {
    state = next;
    timer = setTimeout(begin, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_SLEEP_MS));
  };

  const begin = (): void => {
    clearTimeout(timer);
    state = 'turning';
    isWoken = false;
    current = take();
  };

  const take = async (): Promise<void> => {
    try {
      const sleepMs = await turn();
      if (state === 'turning') sleep('sleeping', isWoken ? 0 : sleepMs);
    } catch (error) {
      onFault(error);
      if (state === 'turning') sleep('resting', restMs);
    }
  };

  return {
    start: () => {
      if (state === 'stopped') begin();
    },
    wake: () => {
      isWoken = true;
      if (state === 'sleeping') begin();
    },
    stop: async () => {
      state = 'stopped';
      clearTimeout(timer);
      await current;
    },
  };
};
