import { isGated } from './is-gated.ts';

/**
 * The parts of a statement that insert new runs: `created`, with `id, workflow, due_at, status` of each, and `queued`, with the `run_id` of those that
 * are not ready before they are admitted. A run that is due later comes into a queue when it is due.
 * @param names the columns of `runs`, as `runColumns` gives them
 * @param rows what stands after FROM: rows `r` with these columns, `next_version`, and their `place` among each other, from 1
 */
export const createdParts = (names: string, rows: string, onConflict = ''): string[] => [
  `wanted AS (
       SELECT ${names}, next_version, place, status <> 'scheduled' AND ${isGated('r')} AS is_gated FROM ${rows})`,
  `created AS (
       INSERT INTO nightshift.runs (${names})
       SELECT ${names.replace('lease_until', 'CASE WHEN NOT is_gated THEN lease_until END')} FROM wanted
       ${onConflict} RETURNING id, workflow, due_at, status)`,
  `queued AS (
       INSERT INTO nightshift.flow_runs (run_id, workflow, chain_id, queued_at)
       SELECT w.id, w.workflow, w.chain_id, now() + w.place * interval '1 microsecond' FROM wanted w JOIN created c ON c.id = w.id WHERE w.is_gated
       RETURNING run_id)`,
  `held_back AS (
       INSERT INTO nightshift.run_events (run_id, version, type, at, data)
       SELECT w.id, w.next_version, 'AdmissionAwaited', w.requested_at, '{}'
       FROM wanted w JOIN created c ON c.id = w.id WHERE w.is_gated)`,
];
