import type { Page, RecurrenceOccurrence, SkipReason } from '@nightshift/contracts';
import type { Database } from './database.ts';

/** The account of recurrences: one entry for each of their planned moments, written when it is settled. It outlives the recurrence. */
export interface Account {
  /** Newest planned moment first. `before` is that of the last entry of the page before. */
  occurrences(workflow: string, key: string, limit: number, before?: Date): Promise<Page<RecurrenceOccurrence>>;
  /** Forgets entries that were settled before, except for what waits in queues. @returns how many, `limit` at most */
  forgetOccurrences(before: Date, limit: number): Promise<number>;
}

interface OccurrenceRow {
  planned_at: Date;
  due_at: Date;
  settled_at: Date;
  run_id: string | null;
  outcome: RecurrenceOccurrence['outcome'];
  reason: SkipReason | null;
}

export const makeAccount = (database: Database): Account => ({
  // Index: primary key.
  occurrences: async (workflow, key, limit, before) => {
    const rows = await database.query<OccurrenceRow & object>(
      'read-occurrences',
      `SELECT planned_at, due_at, settled_at, run_id, outcome, reason FROM nightshift.recurrence_occurrences
       WHERE workflow = $1 AND key = $2 AND planned_at < coalesce($3::timestamptz, 'infinity')
       ORDER BY planned_at DESC LIMIT $4`,
      [workflow, key, before ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(toOccurrence);
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.plannedAt : null };
  },

  // Locks the rows that it deletes. Index: recurrence_occurrences_by_time.
  forgetOccurrences: async (before, limit) => {
    const [row] = await database.query<{ removed: number }>(
      'forget-occurrences',
      `WITH removed AS (
         DELETE FROM nightshift.recurrence_occurrences WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM nightshift.recurrence_occurrences
           WHERE settled_at < $1 AND outcome <> 'queued' ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING 1)
       SELECT count(*)::int AS removed FROM removed`,
      [before, limit],
    );
    return row!.removed;
  },
});

const toOccurrence = (row: OccurrenceRow): RecurrenceOccurrence => {
  const times = {
    plannedAt: row.planned_at.toISOString(),
    dueAt: row.due_at.toISOString(),
    settledAt: row.settled_at.toISOString(),
  };
  switch (row.outcome) {
    case 'fired':
      return {
        ...times,
        outcome: 'fired',
        runId: row.run_id!,
        lateMs: Math.max(0, row.settled_at.getTime() - row.due_at.getTime()),
      };
    case 'queued':
      return { ...times, outcome: 'queued' };
    case 'skipped':
      return { ...times, outcome: 'skipped', reason: row.reason! };
  }
};
