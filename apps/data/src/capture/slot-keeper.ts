import type { ChangeGap, GapReason } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import type { Queryable } from '../database/queryable.ts';
import type { CaptureMetrics } from './capture-metrics.ts';
import { closeGap, insertGap, readOpenGap } from './gaps.ts';
import { formatLogPosition } from './log-position.ts';
import { countBetween, lastMark, markBefore, readCounts, setMark } from './marks.ts';
import { createSlot, dropSlot, freeSlot, readSlot, type SlotState } from './slot.ts';

export interface SlotKeeperDeps {
  url: string;
  slot: string;
  db: Queryable;
  /** Above this much retained log the slot is given up. */
  limitBytes: number;
  metrics: CaptureMetrics;
  logger: Logger;
}

/** Sees to it that there is a slot to read from, and that nothing between an old one and a new one goes unreported. */
export interface SlotKeeper {
  /** Makes the slot ready for a session. Only the leader asks. */
  prepare(): Promise<void>;
}

/**
 * A gap is written down before the slot is dropped and closed after the new one stands; between the two it is open, and whoever leads next
 * goes on there. It ends where the new slot begins, so that no change falls between them.
 */
export const makeSlotKeeper = ({ url, slot, db, limitBytes, metrics, logger }: SlotKeeperDeps): SlotKeeper => {
  const open = async (reason: GapReason, from: string | undefined, detail: string): Promise<void> => {
    const mark = from === undefined ? await lastMark(db, slot) : await markBefore(db, slot, from);
    const position = from ?? mark?.confirmed ?? mark?.position ?? null;
    await insertGap(db, { slot, reason, detail, from: { position, at: mark?.at ?? null } });
    metrics.gaps.inc({ reason });
    metrics.troubles.inc({ trouble: 'lost' });
    logger.error({ slot, reason, lostFrom: position, detail }, 'changes are lost: they are reported as a gap');
  };

  const giveUp = async (reason: GapReason, state: SlotState, detail: string): Promise<void> => {
    // A drop that failed is tried again, and is one gap.
    if ((await readOpenGap(db, slot)) === undefined) await open(reason, formatLogPosition(state.confirmed), detail);
    if (state.isActive) await freeSlot(db, slot);
    await dropSlot(db, slot);
  };

  /** What the gap holds, counted when the new slot stands: whatever was committed before is in it. */
  const close = async (): Promise<void> => {
    for (let gap = await readOpenGap(db, slot); gap !== undefined; gap = await readOpenGap(db, slot)) {
      const mark = gap.from === null ? await lastMark(db, slot) : await markBefore(db, slot, gap.from);
      const types: ChangeGap['types'] = countBetween(mark?.counts, await readCounts(db));
      await closeGap(db, slot, gap.id, types);
      logger.error({ slot, gap: gap.id, types }, 'changes are captured again, after a gap');
    }
  };

  return {
    prepare: async () => {
      let found = await readSlot(db, slot);
      if (
        found === undefined &&
        (await lastMark(db, slot)) !== undefined &&
        (await readOpenGap(db, slot)) === undefined
      ) {
        await open('dropped', undefined, `The replication slot ${slot} was dropped.`);
      }
      if (found?.isLost === true) {
        await giveUp(
          'lost',
          found,
          'Postgres has removed log that change capture still needed (max_slot_wal_keep_size).',
        );
        found = undefined;
      } else if (found !== undefined && found.retainedBytes > limitBytes) {
        const detail = `Postgres kept ${found.retainedBytes} bytes of log for change capture, more than the limit of ${limitBytes}.`;
        await giveUp('limit', found, detail);
        found = undefined;
      }
      if (found === undefined) {
        await createSlot(url, slot);
        logger.info({ slot }, 'replication slot created');
      } else if (found.isActive) {
        await freeSlot(db, slot);
      }
      await close();
      await setMark(db, slot);
    },
  };
};
