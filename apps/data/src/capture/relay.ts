import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@nightshift/runtime';
import type { Queryable } from '../database/queryable.ts';
import type { CaptureMetrics } from './capture-metrics.ts';
import { runRelaySession, type ChangeBus } from './relay-session.ts';
import { createSlot, dropSlot, freeSlot, readSlot } from './slot.ts';

export interface RelayDeps {
  url: string;
  slot: string;
  db: Queryable;
  connect: () => Promise<ChangeBus>;
  metrics: CaptureMetrics;
  logger: Logger;
}

export interface Relay {
  /** Whether it reads the log now. */
  readonly isReading: boolean;
  /** Resolves when no session is left. */
  close(): Promise<void>;
}

/** A predecessor's connection is gone a moment after it was ended; waiting longer would lengthen every failover. */
const FIRST_RETRY_MS = 30;
/** Bounds how long capture stays behind a server that is back. */
const MOST_RETRY_MS = 1_000;

/** One relay session after another until closed. Only the leader opens it: there is one slot. */
export const openRelay = ({ url, slot, db, connect, metrics, logger }: RelayDeps): Relay => {
  const closing = new AbortController();
  let isReading = false;

  const prepareSlot = async (): Promise<void> => {
    const found = await readSlot(db, slot);
    if (found?.isLost === true) {
      // Loud, and then on: staying away would lose the changes from now on as well.
      metrics.troubles.inc({ trouble: 'lost' });
      logger.error(
        { slot, lostFrom: found.confirmed, lagBytes: found.lagBytes },
        'changes are lost: postgres has removed log that change capture still needed',
      );
      await dropSlot(db, slot);
    }
    if (found === undefined || found.isLost) {
      await createSlot(db, slot);
      logger.info({ slot }, 'replication slot created');
    } else if (found.isActive) {
      await freeSlot(db, slot);
    }
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; failures++) {
      try {
        await prepareSlot();
        await runRelaySession({
          url,
          slot,
          connect,
          metrics,
          logger,
          signal: closing.signal,
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
    close: async () => {
      closing.abort();
      await running;
    },
  };
};
