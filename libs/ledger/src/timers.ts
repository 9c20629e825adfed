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

  /*
   * Locks the timers (passing over those that another scheduler holds), the rows of their runs, and those of schedules. Each table is looked up
   * once, by an array or by the places of locked rows: a join with an array beside it would go through the array for every row. Primary keys, also
   * if statistics are from a moment when tables were empty: the moment is asked after the look-up (OFFSET), not by the index of moments.
   */
  fire: async (timers, now) => {
    const sorted = [...timers].sort((one, other) => (one.runId < other.runId ? -1 : 1));
    const rows = await database.query<FiredRow>(
      'fire-timers',
      `WITH due AS MATERIALIZED (
         SELECT t.place, t.run_id, t.due_at, r.finished_at IS NOT NULL AS is_over, r.workflow, r.chain_id,
           t.kind = 'start' AND r.started_at IS NULL AND ${isGated('r')} AS is_gated,
           (SELECT max(e.version) + 1 FROM nightshift.run_events e WHERE e.run_id = t.run_id) AS version
         FROM unnest($1::uuid[], $2::text[]) AS wanted (run_id, kind)
         CROSS JOIN LATERAL (
           SELECT ctid AS place, run_id, kind, due_at FROM nightshift.timers
           WHERE run_id = wanted.run_id AND kind = wanted.kind OFFSET 0 FOR UPDATE SKIP LOCKED) t
         CROSS JOIN LATERAL (SELECT * FROM nightshift.runs WHERE id = t.run_id OFFSET 0) r
         WHERE t.due_at <= $3),
       fired AS (
         INSERT INTO nightshift.run_events (run_id, version, type, at, data)
         SELECT run_id, version, 'TimerFired', $3, json_build_object(
           'dueAt', to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'lateMs', greatest(0, round(extract(epoch FROM $3 - due_at) * 1000)))
         FROM due WHERE NOT is_over
         ON CONFLICT (run_id, version) DO NOTHING
         RETURNING run_id, version),
       removed AS (
         DELETE FROM nightshift.timers WHERE ctid = ANY(ARRAY(
           SELECT place FROM due WHERE is_over OR run_id = ANY(ARRAY(SELECT run_id FROM fired))))),
       held_back AS (
         SELECT *, row_number() OVER (ORDER BY due_at, run_id) AS turn FROM due
         WHERE is_gated AND run_id = ANY(ARRAY(SELECT run_id FROM fired))),
       queued AS (
         INSERT INTO nightshift.flow_runs (run_id, workflow, chain_id, queued_at)
         SELECT run_id, workflow, chain_id, now() + turn * interval '1 microsecond' FROM held_back
         ON CONFLICT (run_id) DO NOTHING),
       awaited AS (
         INSERT INTO nightshift.run_events (run_id, version, type, at, data)
         SELECT run_id, version + 1, 'AdmissionAwaited', $3, '{}' FROM held_back),
       moved AS (
         UPDATE nightshift.runs r SET
           status = CASE WHEN r.started_at IS NULL THEN 'queued' ELSE 'running' END,
           lease_until = CASE WHEN r.id <> ALL(ARRAY(SELECT run_id FROM held_back)) THEN $3 + ${LEASE_INTERVAL} END
         WHERE r.id = ANY(ARRAY(SELECT run_id FROM fired)) AND r.finished_at IS NULL AND r.status <> 'paused'
         RETURNING r.id, r.workflow, r.id = ANY(ARRAY(SELECT run_id FROM held_back)) AS is_gated),
       opened AS (
         UPDATE nightshift.schedules SET phase = 'open' WHERE run_id = ANY(ARRAY(SELECT id FROM moved)) AND phase <> 'open')
       SELECT run_id, version, NULL AS workflow, NULL AS is_gated FROM fired
       UNION ALL SELECT id, NULL, workflow, is_gated FROM moved`,
      [sorted.map(({ runId }) => runId), sorted.map(({ kind }) => kind), now],
    );
    const versions = new Map(
      rows.flatMap(({ run_id: runId, version }) => (version === null ? [] : [[runId, version]])),
    );
    return rows.flatMap(({ run_id: runId, workflow, is_gated: isHeldBack }) =>
      workflow === null || isHeldBack === null
        ? []
        : [{ runId, version: versions.get(runId)!, workflow, isGated: isHeldBack }],
    );
  },
});

/** A timer that fired, with its event's version; or a run that was moved by one. */
interface FiredRow {
  run_id: string;
  version: number | null;
  workflow: string | null;
  is_gated: boolean | null;
}
