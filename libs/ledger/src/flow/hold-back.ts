import type { Database } from '../database.ts';
import type { HoldScope } from './flows.ts';

/** One statement. Larger keeps its rows locked for longer; smaller costs more statements. */
const BATCH = 1_000;

/**
 * Puts runs into their queues that are ready and have not begun. Whoever is about to begin one loses: the version of its first event is taken.
 * Locks the rows of the runs. Index: runs_to_reconcile.
 */
export const holdBackReady = async (database: Database, { workflow, key, chainId }: HoldScope): Promise<void> => {
  let afterId = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await database.query<{ id: string }>(
      'hold-back-ready',
      `WITH ready AS (
         SELECT r.id, r.workflow, r.chain_id, (SELECT max(version) + 1 FROM nightshift.run_events e WHERE e.run_id = r.id) AS version
         FROM nightshift.runs r LEFT JOIN nightshift.flow_runs q ON q.run_id = r.id
         WHERE r.lease_until IS NOT NULL AND r.status = 'queued' AND r.id > $4
           AND ($1::text IS NULL OR r.workflow = $1) AND ($2::uuid IS NULL OR r.chain_id = $2)
           AND (q.run_id IS NULL OR q.admitted_at IS NOT NULL) AND ($3::text IS NULL OR q.key = $3)
         ORDER BY r.id LIMIT ${BATCH} FOR UPDATE OF r),
       held_back AS (
         INSERT INTO nightshift.run_events (run_id, version, type, at, data)
         SELECT id, version, 'AdmissionAwaited', now(), '{}' FROM ready
         ON CONFLICT (run_id, version) DO NOTHING RETURNING run_id),
       queued AS (
         INSERT INTO nightshift.flow_runs AS q (run_id, workflow, chain_id)
         SELECT r.id, r.workflow, r.chain_id FROM ready r JOIN held_back h ON h.run_id = r.id
         ON CONFLICT (run_id) DO UPDATE SET admitted_at = NULL, counts = false, key = NULL),
       rested AS (
         UPDATE nightshift.runs SET lease_until = NULL, started_at = NULL WHERE id = ANY(ARRAY(SELECT run_id FROM held_back)))
       SELECT id FROM ready ORDER BY id`,
      [workflow ?? null, chainId ?? null, key ?? null, afterId],
    );
    if (rows.length < BATCH) return;
    afterId = rows.at(-1)!.id;
  }
};

/** Has the keys of all that waits in the scope looked at; `isKeyedAnew`: their keys are computed again before. Index: flow_runs_waiting. */
export const lookAgain = async (
  database: Database,
  { workflow, key, chainId }: HoldScope,
  { isKeyedAnew = false } = {},
): Promise<void> => {
  const scope = `($1::text IS NULL OR workflow = $1) AND ($2::text IS NULL OR key = $2) AND ($3::uuid IS NULL OR chain_id = $3)
    AND admitted_at IS NULL AND ended_at IS NULL AND ending IS NULL AND batch_id IS NULL`;
  await database.query(
    isKeyedAnew ? 'key-anew' : 'look-again',
    isKeyedAnew
      ? `UPDATE nightshift.flow_runs SET key = NULL WHERE ${scope} AND key IS NOT NULL AND NOT is_batch`
      : `INSERT INTO nightshift.flow_keys (workflow, key, due_at)
         SELECT DISTINCT workflow, key, now() FROM nightshift.flow_runs WHERE ${scope} AND key IS NOT NULL
         ON CONFLICT (workflow, key) DO UPDATE SET due_at = excluded.due_at`,
    [workflow ?? null, key ?? null, chainId ?? null],
  );
};
