import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@nightshift/runtime';
import type { Queryable } from '../database/queryable.ts';
import type { CaptureMetrics } from './capture-metrics.ts';
import { runRelaySession, type ChangeBus } from './relay-session.ts';
import { repairTypes } from './repair-types.ts';
import { makeSlotKeeper } from './slot-keeper.ts';

export interface RelayDeps {
  url: string;
  slot: string;
  db: Queryable;
  /** Above this much retained log the slot is given up. */
  limitBytes: number;
  connect: () => Promise<ChangeBus>;
  metrics: CaptureMetrics;
  logger: Logger;
}

export interface Relay {
  /** Whether it reads the log now. */
  readonly isReading: boolean;
  /** Ends the session; the next one looks at the slot first, and gives it up if the limit is passed. */
  beginAgain(): void;
  /** Resolves when no session is left. */
  close(): Promise<void>;
}

/** A predecessor's connection is gone a moment after it was ended; waiting longer would lengthen every failover. */
const FIRST_RETRY_MS = 30;
/** Bounds how long capture stays behind a server that is back. */
const MOST_RETRY_MS = 1_000;

/** One relay session after another until closed. Only the leader opens it: there is one slot. */
export const openRelay = ({ url, slot, db, limitBytes, connect, metrics, logger }: RelayDeps): Relay => {
  const closing = new AbortController();
  let isReading = false;
  let session = new AbortController();

  const keeper = makeSlotKeeper({ url, slot, db, limitBytes, metrics, logger });
  const repair = { db, slot, metrics, logger };

  const run = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; failures++) {
      try {
        session = new AbortController();
        await keeper.prepare();
        await repairTypes(repair);
        await runRelaySession({
          url,
          slot,
          db,
          connect,
          metrics,
          logger,
          signal: AbortSignal.any([closing.signal, session.signal]),
          onStarted: () => {
            failures = 0;
            isReading = true;
            metrics.isActive.set(1);
            logger.info({ slot }, 'change capture reads the log');
          },
        });
      } catch (error) {
        if (closing.signal.aborted) break;
        logger.warn({ err: error, slot, failures }, 'change capture begins again at the confirmed position');
      } finally {
        isReading = false;
        metrics.isActive.set(0);
      }
      const delayMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
      await pause(delayMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    get isReading() {
      return isReading;
    },
    beginAgain: () => session.abort(),
    close: async () => {
      closing.abort();
      await running;
    },
  };
};
