import type { Logger } from '@nightshift/runtime';
import type { Queryable } from '../database/queryable.ts';
import type { CaptureMetrics } from './capture-metrics.ts';
import { formatLogPosition } from './log-position.ts';
import { setMark } from './marks.ts';
import { repairTypes } from './repair-types.ts';
import { readSlot, type SlotState } from './slot.ts';

export interface SlotGuardDeps {
  db: Queryable;
  slot: string;
  /** Above this the guard is loud. */
  warnBytes: number;
  /** Above this the slot is to be given up. */
  limitBytes: number;
  /** Whether this replica is the one that reads the log. */
  isLeading: () => boolean;
  onLimit: () => void;
  metrics: CaptureMetrics;
  logger: Logger;
}

/** Larger finds out later, and marks places in the log that are farther apart: a gap is counted from such a place on. */
const LOOK_MS = 5_000;

/**
 * Keeps the slot's metrics, in every replica, and says loudly when the log that it retains grows: it ends with a full disk. In the
 * replica that leads it also repairs the tables of types, marks places in the log, and says when the limit is passed.
 */
export const watchSlot = (deps: SlotGuardDeps): { close(): void } => {
  const { db, slot, warnBytes, limitBytes, metrics, logger } = deps;
  let wasAbove = false;
  /** Changes after the last mark that is confirmed may be as old as that mark. */
  const readAge = async (state: SlotState): Promise<void> => {
    const { rows } = await db.query<{ age: string | null }>(
      `SELECT extract(epoch FROM now() - max(at)) AS age FROM nightshift_data.capture_marks WHERE slot = $1 AND position <= $2::pg_lsn`,
      [slot, formatLogPosition(state.confirmed)],
    );
    metrics.oldestSeconds.set(state.lagBytes === 0 ? 0 : Number(rows[0]?.age ?? 0));
  };
  const look = async (): Promise<void> => {
    const state = await readSlot(db, slot);
    if (state === undefined) return;
    await readAge(state);
    if (deps.isLeading()) {
      await setMark(db, slot);
      if (await repairTypes({ db, slot, metrics, logger })) deps.onLimit();
      if (state.isLost || state.retainedBytes > limitBytes) deps.onLimit();
    }
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
