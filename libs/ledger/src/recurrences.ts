import type { Caller, RecurrenceBody } from '@nightshift/contracts';
import { makeAccount, type Account } from './account.ts';
import type { Database } from './database.ts';
import { RecurrenceEntity, ROW_COLUMNS, type RecurrenceRow } from './entities/recurrence.entity.ts';
import { makeFiring, type Firing } from './firing.ts';

/** What may be said of a recurrence beside its spec. */
export interface PutRecurrence {
  /** When `nextAt` is to be settled; at `nextAt` itself if absent. */
  dueAt?: Date;
  /** Absent: as it is; a new one is not. */
  paused?: boolean;
  /** Its runs go by this version of the workflow. Absent: by the one that is published at their start. */
  workflowVersion?: number;
  /** Who its runs are requested by. */
  requestedBy?: Caller;
}

/** Each given criterion holds for all that are found. */
export interface RecurrenceFilter {
  workflow?: string;
  /** Whether it ends with a thing. */
  isAttached?: boolean;
}

interface RecurrencePlace {
  workflow: string;
  key: string;
}

export interface Recurrences extends Firing, Account {
  /**
   * Sets or replaces a recurrence; it is next due at `nextAt`. One that was set with the same spec before keeps its plan, with the moments
   * that were missed. Runs, queue and account of the one that is replaced stay.
   */
  put(workflow: string, key: string, spec: RecurrenceBody, nextAt: Date, more?: PutRecurrence): Promise<RecurrenceRow>;
  /** Ends it, and settles what waits in its queue as skipped. @returns whether there was one */
  remove(workflow: string, key: string): Promise<boolean>;
  find(workflow: string, key: string): Promise<RecurrenceRow | undefined>;
  /** By workflow and key, `limit` at most, and after a place. */
  search(filter: RecurrenceFilter, limit: number, after?: RecurrencePlace): Promise<RecurrenceRow[]>;
  /** Pauses it or lets it go on; one that is so already stays so. Undefined: there is none. */
  setPaused(workflow: string, key: string, isPaused: boolean): Promise<RecurrenceRow | undefined>;
  /** Recurrences due before `until`, soonest first. Takes nothing. */
  upcoming(until: Date, limit: number): Promise<RecurrenceRow[]>;
}

export const makeRecurrences = (database: Database): Recurrences => ({
  ...makeFiring(database),
  ...makeAccount(database),

  // Locks the recurrence's row.
  put: async (workflow, key, spec, nextAt, { dueAt = nextAt, paused, workflowVersion, requestedBy } = {}) => {
    const [row] = await database.query<RecurrenceRow & object>(
      'put-recurrence',
      `INSERT INTO nightshift.recurrences AS r (workflow, key, spec, next_at, due_at, paused_at, workflow_version, requested_by)
       VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, $7, $8)
       ON CONFLICT (workflow, key) DO UPDATE SET updated_at = now(), spec = excluded.spec,
         workflow_version = excluded.workflow_version, requested_by = excluded.requested_by,
         paused_at = CASE WHEN $6 THEN coalesce(r.paused_at, now()) WHEN NOT $6 THEN NULL ELSE r.paused_at END,
         next_at = CASE WHEN r.spec::jsonb = excluded.spec::jsonb AND r.due_at IS NOT NULL THEN r.next_at ELSE excluded.next_at END,
         due_at = CASE WHEN r.spec::jsonb = excluded.spec::jsonb AND r.due_at IS NOT NULL THEN r.due_at ELSE excluded.due_at END
       RETURNING ${ROW_COLUMNS}`,
      [
        workflow,
        key,
        JSON.stringify(spec),
        nextAt,
        dueAt,
        paused ?? null,
        workflowVersion ?? null,
        requestedBy ? JSON.stringify(requestedBy) : null,
      ],
    );
    return row!;
  },

  // Locks the recurrence's row, and those of its queue. Index: recurrence_occurrences_queued.
  remove: async (workflow, key) => {
    const rows = await database.query(
      'remove-recurrence',
      `WITH removed AS (DELETE FROM nightshift.recurrences WHERE workflow = $1 AND key = $2 RETURNING key),
         dropped AS (
           UPDATE nightshift.recurrence_occurrences SET outcome = 'skipped', reason = 'removed', settled_at = now()
           WHERE workflow = $1 AND key = $2 AND outcome = 'queued')
       SELECT key FROM removed`,
      [workflow, key],
    );
    return rows.length > 0;
  },

  find: (workflow, key) =>
    database.read(
      async (source) => (await source.getRepository(RecurrenceEntity).findOneBy({ workflow, key })) ?? undefined,
    ),

  // Index: the primary key.
  search: ({ workflow, isAttached }, limit, after) =>
    database.query<RecurrenceRow & object>(
      'search-recurrences',
      `SELECT ${ROW_COLUMNS} FROM nightshift.recurrences
       WHERE ($1::text IS NULL OR workflow = $1) AND ($2::boolean IS NULL OR (spec -> 'thing' IS NOT NULL) = $2)
         AND ($3::text IS NULL OR (workflow, key) > ($3, $4))
       ORDER BY workflow, key LIMIT $5`,
      [workflow ?? null, isAttached ?? null, after?.workflow ?? null, after?.key ?? null, limit],
    ),

  // Locks the recurrence's row.
  setPaused: async (workflow, key, isPaused) => {
    const [row] = await database.query<RecurrenceRow & object>(
      'pause-recurrence',
      `UPDATE nightshift.recurrences SET paused_at = CASE WHEN $3 THEN coalesce(paused_at, now()) END
       WHERE workflow = $1 AND key = $2 RETURNING ${ROW_COLUMNS}`,
      [workflow, key, isPaused],
    );
    return row;
  },

  // Index: recurrences_by_time.
  upcoming: (until, limit) =>
    database.read((source) =>
      source
        .getRepository(RecurrenceEntity)
        .createQueryBuilder('recurrence')
        .where('recurrence.dueAt < :until', { until })
        .orderBy('recurrence.dueAt')
        .limit(limit)
        .getMany(),
    ),
});
