import { subjects, type RunOutcome } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { randomBytes } from 'node:crypto';

/**
 * Callers that wait for a run's end. Whoever commits the end sends it over core NATS to this process's own subject, which every
 * run that somebody here waits for names as its `waiter`. An outcome that gets lost costs the caller his time-out: then the ledger is
 * asked, which holds it.
 */
export interface WaitingCallers {
  /** What the runs of this process's callers name as their `waiter`. */
  readonly gatewayId: string;
  readonly count: number;
  /** Resolves with how the run ended; undefined when it has not within the time, or when the process stops. */
  wait(runId: string, timeoutMs: number): Promise<RunOutcome | undefined>;
  /** Asks for a run's outcome again and again as long as somebody here waits for it: another gateway is to be told of it. */
  watch(runId: string, look: () => Promise<RunOutcome | undefined>): void;
  /** Ids of the runs that somebody waits for. */
  runIds(): string[];
  /** The run ended: as `outcome` says. */
  settle(outcome: RunOutcome): void;
  /** Lets everybody go. */
  close(): void;
}

/** How often a run is looked at whose outcome goes to another gateway. */
const LOOK_EVERY_MS = 200;

interface Waiter {
  resolve: (outcome: RunOutcome | undefined) => void;
  timer: NodeJS.Timeout;
}

export const makeWaitingCallers = ({ bus }: { bus: Pick<Bus, 'subscribe'> }): WaitingCallers => {
  const gatewayId = randomBytes(9).toString('hex');
  const waiters = new Map<string, Waiter>();
  let isClosed = false;

  const letGo = (runId: string, outcome: RunOutcome | undefined): void => {
    const waiter = waiters.get(runId);
    if (waiter === undefined) return;
    waiters.delete(runId);
    clearTimeout(waiter.timer);
    waiter.resolve(outcome);
  };
  const settle = (outcome: RunOutcome): void => letGo(outcome.runId, outcome);
  const listening = bus.subscribe(subjects.outcome(gatewayId), (body) => settle(body as RunOutcome));

  return {
    gatewayId,
    get count() {
      return waiters.size;
    },
    wait: (runId, timeoutMs) =>
      isClosed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            // Node keeps timers of one duration in a list: setting and clearing one is a few pointers.
            waiters.set(runId, { resolve, timer: setTimeout(letGo, timeoutMs, runId, undefined) });
          }),
    watch: (runId, look) => {
      const lookAgain = async (): Promise<void> => {
        const found = await look().catch(() => undefined);
        if (found !== undefined) settle(found);
        else if (waiters.has(runId)) setTimeout(() => void lookAgain(), LOOK_EVERY_MS);
      };
      void lookAgain();
    },
    runIds: () => [...waiters.keys()],
    settle,
    close: () => {
      isClosed = true;
      listening.close();
      for (const runId of [...waiters.keys()]) letGo(runId, undefined);
    },
  };
};
