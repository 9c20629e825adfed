import type { SkipReason } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedRun } from './append.ts';
import type { Database } from './database.ts';
import { ROW_COLUMNS, type RecurrenceRow } from './entities/recurrence.entity.ts';
import { insertRuns } from './sql/insert-runs.ts';

/** What becomes of one planned moment. */
export type SettledOccurrence = { plannedAt: Date; dueAt: Date } & (
  { outcome: 'fired'; run: RequestedRun } | { outcome: 'queued' } | { outcome: 'skipped'; reason: SkipReason }
);

/** What becomes of a recurrence's planned moments that have come. */
export interface Settlement {
  /** Oldest first, without a gap from `nextAt` on. */
  occurrences: readonly SettledOccurrence[];
  /** The moment after them. Undefined: there is none, and the recurrence ends when its queue is empty. */
  next: { plannedAt: Date; dueAt: Date } | undefined;
  /** The recurrence ends at once, and what waits in its queue is skipped for this reason. */
  endsBecause?: SkipReason;
}

/** What a settlement depends on, as it is in the moment of the commit. */
export interface FiringState {
  isPaused: boolean;
  hasQueue: boolean;
  /** The recurrence's last run, if it has not ended. */
  openRunId: string | null;
}

/** `moved`: somebody else was first, or replaced the recurrence. `put-off`: the settlement was not made, and nothing was written. */
export type Fired =
  | { outcome: 'settled'; started: readonly RequestedRun[] }
  | { outcome: 'moved' }
  | { outcome: 'put-off'; openRunId: string | null };

export interface Firing {
  /**
   * Settles planned moments of a recurrence, starts their runs and plans the next, in one commit, and only if the recurrence is still as it
   * was `planned`. `settle` answers undefined to put it off. A moment that is in the account already starts nothing.
   */
  fire(planned: RecurrenceRow, settle: (state: FiringState) => Settlement | undefined): Promise<Fired>;
  /** Recurrences that are not paused and whose last run has ended, with moments that waited for that. Takes nothing. */
  withReadyQueue(limit: number): Promise<RecurrenceRow[]>;
  /**
   * Starts the run of the oldest moment in the queue, if the last run has ended. `runOf` answers with the run, or with why there is none.
   * @returns the run; undefined: none was started
   */
  fireQueued(
    recurrence: Pick<RecurrenceRow, 'workflow' | 'key'>,
    runOf: (plannedAt: Date, at: Date) => RequestedRun | SkipReason,
  ): Promise<RequestedRun | undefined>;
}

export const makeFiring = (database: Database): Firing => ({
  // Locks the recurrence's row: another scheduler with the same plan waits for it, finds it moved and does nothing.
  fire: (planned, settle) =>
    database.transaction(async (client) => {
      const place = [planned.workflow, planned.key];
      const row = await lock(client, place);
      const isAsPlanned = row?.dueAt && row.nextAt.getTime() === planned.nextAt.getTime() && hasSameSpec(row, planned);
      if (!isAsPlanned) return { outcome: 'moved' };
      const { pausedAt, hasQueue, lastRunId } = row;
      const openRunId = await findOpenRun(client, lastRunId);
      const settlement = settle({ isPaused: pausedAt !== null, hasQueue, openRunId });
      if (!settlement) return { outcome: 'put-off', openRunId };
      const started = await record(client, place, settlement.occurrences);
      const { next, endsBecause } = settlement;
      if (endsBecause) await dropQueue(client, place, endsBecause);
      await client.query(
        `UPDATE nightshift.recurrences SET next_at = coalesce($3, next_at), due_at = $4,
           last_run_id = coalesce($5, last_run_id), has_queue = ${HAS_QUEUE} WHERE workflow = $1 AND key = $2`,
        [...place, next?.plannedAt ?? null, next?.dueAt ?? null, started.at(-1)?.runId ?? null],
      );
      if (!next) await endWithoutQueue(client, place);
      return { outcome: 'settled', started };
    }),

  // Indexes: recurrences_with_queue, the primary key of runs.
  withReadyQueue: (limit) =>
    database.query<RecurrenceRow & object>(
      'ready-queues',
      `SELECT ${ROW_COLUMNS} FROM nightshift.recurrences r
       WHERE r.has_queue AND r.paused_at IS NULL
         AND NOT EXISTS (SELECT FROM nightshift.runs WHERE id = r.last_run_id AND finished_at IS NULL)
       ORDER BY r.workflow, r.key LIMIT $1`,
      [limit],
    ),

  // Locks the recurrence's row. Indexes: recurrences_with_queue, recurrence_occurrences_queued.
  fireQueued: ({ workflow, key }, runOf) =>
    database.transaction(async (client) => {
      const place = [workflow, key];
      const row = await lock(client, place);
      if (!row?.hasQueue || row.pausedAt !== null) return undefined;
      if ((await findOpenRun(client, row.lastRunId)) !== null) return undefined;
      const { rows } = await client.query<{ planned_at: Date }>(
        `SELECT planned_at FROM nightshift.recurrence_occurrences
         WHERE workflow = $1 AND key = $2 AND outcome = 'queued' ORDER BY planned_at LIMIT 1`,
        place,
      );
      const plannedAt = rows[0]?.planned_at;
      const at = new Date();
      const made = plannedAt && runOf(plannedAt, at);
      const run = typeof made === 'object' ? (await insertRuns(client, [made]))[0] : undefined;
      await client.query(
        `UPDATE nightshift.recurrence_occurrences SET outcome = $4, reason = $5, run_id = $6, settled_at = $7
         WHERE workflow = $1 AND key = $2 AND planned_at = $3`,
        [
          ...place,
          plannedAt ?? null,
          run ? 'fired' : 'skipped',
          typeof made === 'string' ? made : null,
          run?.runId ?? null,
          at,
        ],
      );
      await client.query(
        `UPDATE nightshift.recurrences SET last_run_id = coalesce($3, last_run_id), has_queue = ${HAS_QUEUE}
         WHERE workflow = $1 AND key = $2`,
        [...place, run?.runId ?? null],
      );
      await endWithoutQueue(client, place);
      return run;
    }),
});

const lock = async (client: pg.ClientBase, place: readonly string[]): Promise<RecurrenceRow | undefined> => {
  const { rows } = await client.query<RecurrenceRow>(
    `SELECT ${ROW_COLUMNS} FROM nightshift.recurrences WHERE workflow = $1 AND key = $2 FOR UPDATE`,
    [...place],
  );
  return rows[0];
};

const hasSameSpec = (one: RecurrenceRow, other: RecurrenceRow): boolean =>
  JSON.stringify(one.spec) === JSON.stringify(other.spec);

/** In a statement of its own after the lock, so that it sees what whoever had the lock before has started. */
const findOpenRun = async (client: pg.ClientBase, runId: string | null): Promise<string | null> => {
  const { rowCount } = await client.query('SELECT FROM nightshift.runs WHERE id = $1 AND finished_at IS NULL', [runId]);
  return rowCount === 1 ? runId : null;
};

const HAS_QUEUE = `EXISTS (SELECT FROM nightshift.recurrence_occurrences
  WHERE workflow = $1 AND key = $2 AND outcome = 'queued')`;

/** Enters moments in the account, and starts the runs of those that were not in it. */
const record = async (
  client: pg.ClientBase,
  place: readonly string[],
  occurrences: readonly SettledOccurrence[],
): Promise<RequestedRun[]> => {
  const column = <T>(read: (one: SettledOccurrence) => T): T[] => occurrences.map(read);
  const { rows } = await client.query<{ planned_at: Date }>(
    `INSERT INTO nightshift.recurrence_occurrences (workflow, key, planned_at, due_at, settled_at, outcome, reason, run_id)
     SELECT $1, $2, planned_at, due_at, $3, outcome, reason, run_id
     FROM unnest($4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::uuid[])
       AS o (planned_at, due_at, outcome, reason, run_id)
     ON CONFLICT DO NOTHING RETURNING planned_at`,
    [
      ...place,
      new Date(),
      column(({ plannedAt }) => plannedAt),
      column(({ dueAt }) => dueAt),
      column(({ outcome }) => outcome),
      column((one) => (one.outcome === 'skipped' ? one.reason : null)),
      column((one) => (one.outcome === 'fired' ? one.run.runId : null)),
    ],
  );
  const entered = new Set(rows.map(({ planned_at: plannedAt }) => plannedAt.getTime()));
  const started = occurrences.flatMap((one) =>
    one.outcome === 'fired' && entered.has(one.plannedAt.getTime()) ? [one.run] : [],
  );
  return started.length === 0 ? [] : insertRuns(client, started);
};

const dropQueue = (client: pg.ClientBase, place: readonly string[], reason: SkipReason): Promise<unknown> =>
  client.query(
    `UPDATE nightshift.recurrence_occurrences SET outcome = 'skipped', reason = $3, settled_at = now()
     WHERE workflow = $1 AND key = $2 AND outcome = 'queued'`,
    [...place, reason],
  );

/** A recurrence that has neither a moment to come nor one that waits is over. */
const endWithoutQueue = (client: pg.ClientBase, place: readonly string[]): Promise<unknown> =>
  client.query(
    'DELETE FROM nightshift.recurrences WHERE workflow = $1 AND key = $2 AND due_at IS NULL AND NOT has_queue',
    [...place],
  );
