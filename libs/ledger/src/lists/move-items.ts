import type { RunEventType, RunStatus } from '@nightshift/contracts';
import type pg from 'pg';
import type { ChangedRun } from '../control/control.ts';
import { itemRunId } from '../run-id.ts';
import { LEASE_INTERVAL } from '../run-projection.ts';

/** What is done to the runs of a list's items at once. */
interface Move {
  name: string;
  event: Extract<RunEventType, 'RunPaused' | 'RunResumed' | 'RunCancelled'>;
  data: object;
  /** As SQL, of a run `r`. */
  concerns: string;
  sets: string;
}

/** It is let go by its workflow's flow, or when that is not held any more. */
const STANDS_IN_QUEUE = `EXISTS (
         SELECT FROM nightshift.flow_runs q WHERE q.run_id = r.id AND q.admitted_at IS NULL AND q.ended_at IS NULL)`;

const UNSTARTED = `r.started_at IS NULL AND r.finished_at IS NULL`;

const pausing = (concerns: string, name: string): Move => ({
  name,
  event: 'RunPaused',
  data: { by: 'list' },
  concerns,
  sets: `status = 'paused', paused_at = $4, held_by = 'list', lease_until = NULL`,
});

const cancelling = (reason: string): Move => ({
  name: 'cancel-unstarted-items',
  event: 'RunCancelled',
  data: { reason },
  concerns: UNSTARTED,
  sets: `status = 'cancelled', finished_at = $4, paused_at = NULL, held_by = NULL, lease_until = NULL`,
});

const resuming: Move = {
  name: 'resume-items',
  event: 'RunResumed',
  data: {},
  concerns: `r.paused_at IS NOT NULL AND r.held_by = 'list' AND r.status = 'paused'`,
  sets: `status = CASE WHEN r.started_at IS NULL THEN 'queued' ELSE 'running' END, paused_at = NULL, held_by = NULL,
         lease_until = CASE WHEN NOT ${STANDS_IN_QUEUE} THEN $4 + ${LEASE_INTERVAL} END`,
};

/** Items of a list, by their indexes: from one up to, but not including, the other. */
export interface ItemRange {
  listId: string;
  workflow: string;
  from: number;
  to: number;
}

/** Looks for runs that moved in the same moment. One that moves more often meanwhile is left to who asked. */
const LOOKS = 20;

/** Holds items that have not started. Within the transaction that has the list's row. */
export const pauseUnstarted = (client: pg.ClientBase, items: ItemRange, at: Date): Promise<ChangedRun[]> =>
  moveUntilNone(client, items, pausing(`${UNSTARTED} AND r.status <> 'paused'`, 'pause-unstarted-items'), at);

/** Holds items whether they have started or not. */
export const pauseAll = (client: pg.ClientBase, items: ItemRange, at: Date): Promise<ChangedRun[]> =>
  moveUntilNone(client, items, pausing(`r.finished_at IS NULL AND r.status <> 'paused'`, 'pause-items'), at);

/** Lets those go on that the list had held, and no other. */
export const resumeItems = (client: pg.ClientBase, items: ItemRange, at: Date): Promise<ChangedRun[]> =>
  moveUntilNone(client, items, resuming, at);

/** Ends items that have not started. The caller counts them. */
export const cancelUnstarted = (
  client: pg.ClientBase,
  items: ItemRange,
  reason: string,
  at: Date,
): Promise<ChangedRun[]> => moveUntilNone(client, items, cancelling(reason), at);

const moveUntilNone = async (client: pg.ClientBase, items: ItemRange, move: Move, at: Date): Promise<ChangedRun[]> => {
  const all: ChangedRun[] = [];
  if (items.to <= items.from) return all;
  for (let look = 0; look < LOOKS; look++) {
    const { found, changed } = await moveOnce(client, items, move, at);
    for (const run of changed) all.push(run);
    if (changed.length === found) break;
  }
  return all;
};

interface MovedRow {
  id: string;
  version: number | null;
  was_status: RunStatus;
  status: RunStatus | null;
  workflow: string;
  due_at: Date | null;
}

/**
 * Appends the event to each run that is concerned, unless somebody else appends to it in the same moment. Locks the new keys and the rows of
 * the runs. Indexes: the primary key of runs, over the range of the items' ids; runs_paused where only paused ones are concerned.
 */
const moveOnce = async (
  client: pg.ClientBase,
  { listId, workflow, from, to }: ItemRange,
  { name, event, data, concerns, sets }: Move,
  at: Date,
): Promise<{ found: number; changed: ChangedRun[] }> => {
  const { rows } = await client.query<MovedRow>({
    name,
    text: `WITH concerned AS MATERIALIZED (
         SELECT r.id, r.status, r.workflow, r.due_at,
           (SELECT max(e.version) + 1 FROM nightshift.run_events e WHERE e.run_id = r.id) AS version
         FROM nightshift.runs r
         WHERE r.id BETWEEN $2 AND $3 AND r.list_id = $1 AND r.workflow = $7 AND ${concerns} ORDER BY r.id),
       appended AS (
         INSERT INTO nightshift.run_events (run_id, version, type, at, data)
         SELECT id, version, $5, $4, $6 FROM concerned ORDER BY id
         ON CONFLICT (run_id, version) DO NOTHING RETURNING run_id, version),
       moved AS (
         UPDATE nightshift.runs r SET ${sets} FROM appended a
         WHERE r.id = a.run_id AND r.id = ANY(ARRAY(SELECT run_id FROM appended)) RETURNING r.id, r.status, a.version),
       -- In the queue of its workflow's flow, one that is resumed is looked at anew.
       queued AS (
         UPDATE nightshift.flow_runs SET key = CASE WHEN $5 = 'RunResumed' AND admitted_at IS NULL AND batch_id IS NULL THEN NULL ELSE key END,
           ended_at = CASE WHEN $5 = 'RunCancelled' THEN $4::timestamptz END
         WHERE $5 <> 'RunPaused' AND ended_at IS NULL AND run_id = ANY(ARRAY(SELECT id FROM moved)))
       SELECT c.id, m.version, c.status AS was_status, m.status, c.workflow, c.due_at
       FROM concerned c LEFT JOIN moved m ON m.id = c.id`,
    values: [listId, itemRunId(listId, from), itemRunId(listId, to - 1), at, event, JSON.stringify(data), workflow],
  });
  const changed = rows.flatMap(({ id, version, status, ...row }): ChangedRun[] =>
    version === null || status === null
      ? []
      : [
          {
            runId: id,
            version,
            wasStatus: row.was_status,
            status,
            workflow: row.workflow,
            listId,
            callerRunId: null,
            dueAt: null,
          },
        ],
  );
  return { found: rows.length, changed };
};
