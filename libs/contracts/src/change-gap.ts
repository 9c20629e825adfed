/**
 * Why changes became no events.
 * `limit`: so much log was kept for change capture that the guard gave it up before the disk was full.
 * `lost`: Postgres itself has removed log that change capture still needed (`max_slot_wal_keep_size`).
 * `dropped`: somebody has dropped the replication slot.
 * `truncate`: a table was truncated past the trigger that turns this into deletions.
 * `unpublished`: a type's table was not in the publication, because somebody took it out or made it anew.
 */
export const gapReasons = ['limit', 'lost', 'dropped', 'truncate', 'unpublished'] as const;
export type GapReason = (typeof gapReasons)[number];

/** A place in the log, and when it was written there. */
export interface LogPlace {
  /** As Postgres writes it: `16/B374D848`. Null if not known. */
  position: string | null;
  /** ISO 8601. Null if not known. */
  at: string | null;
}

/** Rows, as the statistics of Postgres count them: also those of transactions that were rolled back. */
export interface MissedRows {
  inserted: number;
  updated: number;
  deleted: number;
}

/** A stretch of the log whose changes were not captured: what was committed between `from` and `to` became no events. */
export interface ChangeGap {
  id: string;
  reason: GapReason;
  from: LogPlace;
  /** Null in both while the gap is open. */
  to: LogPlace;
  /** What happened meanwhile, per type, as far as Postgres can tell; rather too much than too little. Null where it cannot. */
  types: Record<string, MissedRows | null>;
  /** One sentence. */
  detail: string;
}

/** Tells subscribers of changes that there is a gap before the events that follow. CloudEvent 1.0 in JSON. */
export interface ChangeGapEvent {
  specversion: '1.0';
  /** `gap/<gap.id>` */
  id: string;
  source: '/nightshift/data';
  type: typeof CHANGE_GAP;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  data: ChangeGap;
}

export const CHANGE_GAP = 'nightshift.changes.gap';
