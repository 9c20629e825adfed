import { asFailure, type FailureCode } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';

/** Something that loops need, and that can be away. */
export type Away = Extract<FailureCode, 'ledger.unavailable' | 'messaging.unavailable' | 'data.unavailable'>;

/**
 * Writes down what goes wrong in the loops: an outage once when it begins and once when it is over, however many loops
 * meet it; anything else each time.
 */
export interface FaultLog {
  failed(loop: string, error: unknown): void;
  /** The thing has just answered. */
  answered(thing: Away): void;
}

const things: ReadonlySet<string> = new Set<Away>(['ledger.unavailable', 'messaging.unavailable', 'data.unavailable']);

export const makeFaultLog = (logger: Logger): FaultLog => {
  const awaySince = new Map<FailureCode, number>();
  return {
    failed: (loop, error) => {
      const { code } = asFailure(error);
      if (!things.has(code)) return logger.error({ err: error, loop, code }, 'loop failed');
      if (awaySince.has(code)) return;
      awaySince.set(code, performance.now());
      logger.error({ err: error, loop, code }, 'outage began');
    },
    answered: (thing) => {
      const since = awaySince.get(thing);
      if (since === undefined) return;
      awaySince.delete(thing);
      logger.info({ code: thing, tookMs: Math.round(performance.now() - since) }, 'outage is over');
    },
  };
};
