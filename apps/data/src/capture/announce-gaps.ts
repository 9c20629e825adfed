import { CHANGE_GAP, subjects, type ChangeGap, type ChangeGapEvent } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { Queryable } from '../database/queryable.ts';
import { markAnnounced, unannouncedGaps } from './gaps.ts';

const eventOf = (gap: ChangeGap): ChangeGapEvent => ({
  specversion: '1.0',
  id: `gap/${gap.id}`,
  source: '/nightshift/data',
  type: CHANGE_GAP,
  subject: gap.id,
  time: gap.to.at ?? new Date().toISOString(),
  datacontenttype: 'application/json',
  data: gap,
});

/** Tells subscribers of changes about gaps that they have not been told of, before what is published next. At least once. */
export const announceGaps = async (db: Queryable, slot: string, bus: Pick<Bus, 'publish' | 'flush'>): Promise<void> => {
  const gaps = await unannouncedGaps(db, slot);
  if (gaps.length === 0) return;
  for (const gap of gaps) {
    const event = eventOf(gap);
    bus.publish(subjects.changeGap, JSON.stringify(event), { id: event.id });
  }
  await bus.flush();
  await markAnnounced(
    db,
    gaps.map((gap) => gap.id),
  );
};
