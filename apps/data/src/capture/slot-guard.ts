import type { Logger } from '@nightshift/runtime';
import type { Queryable } from '../database/queryable.ts';
import type { CaptureMetrics } from './capture-metrics.ts';
import { readSlot } from './slot.ts';

export interface SlotGuardDeps {
  db: Queryable;
  slot: string;
  /** Above this the guard is loud. */
  warnBytes: number;
  metrics: CaptureMetrics;
  logger: Logger;
}

const LOOK_MS = 10_000;

/** Keeps the slot's metrics, in every replica, and says loudly when the log that it retains grows beyond the limit: it ends with a full disk. */
export const watchSlot = ({ db, slot, warnBytes, metrics, logger }: SlotGuardDeps): { close(): void } => {
  let wasAbove = false;
  const look = async (): Promise<void> => {
    const state = await readSlot(db, slot);
    if (state === undefined) return;
    metrics.lagBytes.set(state.lagBytes);
    metrics.retainedBytes.set(state.retainedBytes);
    const isAbove = state.retainedBytes > warnBytes;
    const fields = {
      slot,
      retainedBytes: state.retainedBytes,
      lagBytes: state.lagBytes,
      warnBytes,
      isActive: state.isActive,
    };
    if (isAbove)
      logger.error(fields, 'postgres retains too much log for change capture: is the trigger service running?');
    else if (wasAbove) logger.info(fields, 'the retained log is below the limit again');
    wasAbove = isAbove;
  };
  const watching = (): void =>
    void look().catch((error: unknown) => logger.debug({ err: error, slot }, 'the slot cannot be looked at'));
  watching();
  const timer = setInterval(watching, LOOK_MS);
  return { close: () => clearInterval(timer) };
};
