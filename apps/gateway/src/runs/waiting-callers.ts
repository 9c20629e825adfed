import { subjects, type RunAnswer, type RunOutcome } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { randomBytes } from 'node:crypto';

/** What a caller is told: how the run ended, or what it has answered before. */
export type Told = RunOutcome | RunAnswer;

/**
 * Callers that wait for a run's end, or for its answer if that comes first. Whoever commits the end sends it over core NATS to this process's own subject, which every
 * run that somebody here waits for names as its `waiter`. An outcome that gets lost costs the caller his time-out: then the ledger is
 * asked, which holds it.
 */
export interface WaitingCallers {
  /** What the runs of this process's callers name as their `waiter`. */
  readonly gatewayId: string;
  readonly count: number;
  /**
   * Resolves with how the run ended or, for who takes it, with its answer; undefined when there is neither within the time, when what was told
   * is to be read in the ledger, or when the process stops.
   */
  wait(runId: string, timeoutMs: number, takes?: 'end' | 'answer'): Promise<Told | undefined>;
  /** Asks for a run's outcome again and again as long as somebody here waits for it: another gateway is to be told of it. */
  watch(runId: string, look: () => Promise<Told | undefined>): void;
  /** The runs that somebody waits for, and whether their answer is enough. */
  waiting(): { runId: string; takesAnswer: boolean }[];
  /** The run ended or answered: as `told` says. */
  settle(told: Told): void;
  /** Lets everybody go. */
  close(): void;
}

/** How often a run is looked at whose outcome goes to another gateway. */
const LOOK_EVERY_MS = 200;

interface Waiter {
  resolve: (told: Told | undefined) => void;
  takesAnswer: boolean;
  timer: NodeJS.Timeout;
}

export const makeWaitingCallers = ({ bus }: { bus: Pick<Bus, 'subscribe'> }): WaitingCallers => {
  const gatewayId = randomBytes(9).toString('hex');
  const waiters = new Map<string, Waiter>();
  let isClosed = false;

  const letGo = (runId: string, told: Told | undefined): void => {
    const waiter = waiters.get(runId);
    if (waiter === undefined) return;
    waiters.delete(runId);
    clearTimeout(waiter.timer);
    waiter.resolve(told);
  };
  const settle = (told: Told): void => {
    if (!('answer' in told) || waiters.get(told.runId)?.takesAnswer === true) letGo(told.runId, told);
  };
  const listening = bus.subscribe(subjects.outcome(gatewayId), (body) => {
    const told = body as Told | { runId: string; isInLedger: true; isEnd: boolean };
    if (!('isInLedger' in told)) settle(told);
    else if (told.isEnd || waiters.get(told.runId)?.takesAnswer === true) letGo(told.runId, undefined);
  });

  return {
    gatewayId,
    get count() {
      return waiters.size;
    },
    wait: (runId, timeoutMs, takes = 'end') =>
      isClosed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            // Node keeps timers of one duration in a list: setting and clearing one is a few pointers.
            const timer = setTimeout(letGo, timeoutMs, runId, undefined);
            waiters.set(runId, { resolve, takesAnswer: takes === 'answer', timer });
          }),
    watch: (runId, look) => {
      const lookAgain = async (): Promise<void> => {
        const found = await look().catch(() => undefined);
        if (found !== undefined) settle(found);
        else if (waiters.has(runId)) setTimeout(() => void lookAgain(), LOOK_EVERY_MS);
      };
      void lookAgain();
    },
    waiting: () => [...waiters].map(([runId, { takesAnswer }]) => ({ runId, takesAnswer })),
    settle,
    close: () => {
      isClosed = true;
      listening.close();
      for (const runId of [...waiters.keys()]) letGo(runId, undefined);
    },
  };
};
