import type { Database } from './database.ts';
import { LEASE_INTERVAL } from './run-projection.ts';
import { isGated } from './sql/is-gated.ts';

export interface Timer {
  runId: string;
  kind: string;
  dueAt: Date;
}

/** A run that a fired timer made ready: its newest event has this version. */
export interface ReadyRun {
  runId: string;
  version: number;
}

/** `isGated`: it is not ready yet, but stands in its workflow's queue now. */
export interface FiredRun extends ReadyRun {
  workflow: string;
  isGated: boolean;
}

export interface Timers {
  /**
   * Timers due before `until`, soonest first, as many of each lane: whoever has many due at once leaves room for others. Takes nothing:
   * several schedulers may know the same timers.
   * @param limit of all lanes together; of one lane come no more than `limit / TIMER_LANES`
   */
  upcoming(until: Date, limit: number): Promise<Timer[]>;
  /**
   * Fires those of the timers that are still there: `TimerFired` and the removal of the timer are one commit, so
   * each fires once whoever tries. A run that moved in the same moment keeps its timer for the next try. A paused run stays so, but
   * knows that its time has come; of one that has ended only the timer goes.
   * @returns the runs that are ready, or wait for their admission now
   */
  fire(timers: readonly Pick<Timer, 'runId' | 'kind'>[], now: Date): Promise<FiredRun[]>;
}

/** As many as `timer_lane` of the schema tells apart. */
export const TIMER_LANES = 8;

export const makeTimers = (database: Database): Timers => ({
  // Index: timers_by_time.
  upcoming: async (until, limit) => {
    const rows = await database.query<{ run_id: string; kind: string; due_at: Date }>(
      'upcoming-timers',
      `SELECT t.run_id, t.kind, t.due_at FROM generate_series(0, ${TIMER_LANES - 1}) AS lanes (lane)
       CROSS JOIN LATERAL (
         SELECT run_id, kind, due_at FROM nightshift.timers WHERE lane = lanes.lane::smallint AND due_at < $1
         ORDER BY due_at LIMIT $2) t
       ORDER BY t.due_at`,
      [until, Math.ceil(limit / TIMER_LANES)],
    );
    return rows.map((row) => ({ runId: row.run_id, kind: row.kind, dueAt: row.due_at }));
  },

  // Locks the timers (passing over those that another scheduler holds), the rows of their runs, and those of schedules. Primary keys only.
  fire: async (timers, now) => {
    const rows = await database.query<{ run_id: string; version: number; workflow: string; is_gated: boolean }>(
      'fire-timers',
      `WITH due AS (
         SELECT t.run_id, t.kind, t.due_at, r.finished_at IS NOT NULL AS is_over, r.workflow, r.chain_id,
           t.kind = 'start' AND r.started_at IS NULL AND ${isGated('r')} AS is_gated,
           (SELECT max(e.version) + 1 FROM nightshift.run_events e WHERE e.run_id = t.run_id) AS version
         FROM nightshift.timers t JOIN unnest($1::uuid[], $2::text[]) AS wanted (run_id, kind) USING (run_id, kind)
         JOIN nightshift.runs r ON r.id = t.run_id
         WHERE t.run_id = ANY($1::uuid[]) AND r.id = ANY($1::uuid[]) AND t.due_at <= $3
         ORDER BY t.run_id, t.kind
         FOR UPDATE OF t SKIP LOCKED),
       fired AS (
         INSERT INTO nightshift.run_events (run_id, version, type, at, data)
         SELECT run_id, version, 'TimerFired', $3, json_build_object(
           'dueAt', to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'lateMs', greatest(0, round(extract(epoch FROM $3 - due_at) * 1000)))
         FROM due WHERE NOT is_over
         ON CONFLICT (run_id, version) DO NOTHING
         RETURNING run_id, version),
       removed AS (
         DELETE FROM nightshift.timers t USING due d LEFT JOIN fired f USING (run_id)
         WHERE t.run_id = d.run_id AND t.kind = d.kind AND t.run_id = ANY($1::uuid[]) AND (d.is_over OR f.run_id IS NOT NULL)),
       queued AS (
         INSERT INTO nightshift.flow_runs (run_id, workflow, chain_id, queued_at)
         SELECT d.run_id, d.workflow, d.chain_id, now() + row_number() OVER (ORDER BY d.due_at, d.run_id) * interval '1 microsecond'
         FROM due d JOIN fired f USING (run_id) WHERE d.is_gated
         ON CONFLICT (run_id) DO NOTHING),
       held_back AS (
         INSERT INTO nightshift.run_events (run_id, version, type, at, data)
         SELECT d.run_id, d.version + 1, 'AdmissionAwaited', $3, '{}' FROM due d JOIN fired f USING (run_id) WHERE d.is_gated),
       moved AS (
         UPDATE nightshift.runs r SET
           status = CASE WHEN r.started_at IS NULL THEN 'queued' ELSE 'running' END,
           lease_until = CASE WHEN NOT d.is_gated THEN $3 + ${LEASE_INTERVAL} END
         FROM fired f JOIN due d USING (run_id)
         WHERE r.id = f.run_id AND r.id = ANY($1::uuid[]) AND r.finished_at IS NULL AND r.status <> 'paused'
         RETURNING f.run_id, f.version, r.workflow, d.is_gated),
       opened AS (
         UPDATE nightshift.schedules s SET phase = 'open' FROM moved m
         WHERE s.run_id = m.run_id AND s.run_id = ANY(ARRAY(SELECT run_id FROM due WHERE kind = 'start')))
       SELECT run_id, version, workflow, is_gated FROM moved`,
      [timers.map(({ runId }) => runId), timers.map(({ kind }) => kind), now],
    );
    return rows.map((row) => ({
      runId: row.run_id,
      version: row.version,
      workflow: row.workflow,
      isGated: row.is_gated,
    }));
  },
});
