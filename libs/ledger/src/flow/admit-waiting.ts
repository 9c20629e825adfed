import type pg from 'pg';
import { LEASE_INTERVAL } from '../run-projection.ts';
import type { ReadyRun } from '../timers.ts';
import type { Admission, AdmissionRules } from './flows.ts';
import { gatherBatches } from './gather-batches.ts';
import { keepKeys, readKeys, type KeyState } from './key-states.ts';
import { placeNew } from './place-new.ts';
import { addAll, countStarted, keepRate, roomOf, type Room } from './rate-room.ts';
import {
  ADMIT_AT_ONCE,
  dueKeys,
  isWaiting,
  KEYS_AT_ONCE,
  lockQueue,
  nextDue,
  readFlow,
  readHolds,
  type Holds,
  type Turn,
} from './turn.ts';

/** Ended runs that one turn clears away. */
const ENDED_AT_ONCE = 2_000;

/**
 * One turn at a workflow's queue, in one transaction under its lock: clears away who has ended, gives new ones their places, and admits
 * those whose turn it is at the keys where something has changed. The work is in proportion to what has changed, not to who waits.
 * Locks: the queue (by advisory lock), the rows of the runs that are admitted.
 */
export const admitWaiting = async (
  client: pg.ClientBase,
  workflow: string,
  rules: AdmissionRules,
  now: Date,
): Promise<Admission | undefined> => {
  if (!(await lockQueue(client, workflow))) return undefined;
  const { flow, rate } = await readFlow(client, workflow, rules);
  const turn: Turn = { client, workflow, flow, rules, now };
  const holds = await readHolds(turn);
  const started = await countStarted(turn);
  const ended = await clearEnded(turn);
  const placed = await placeNew(turn);
  const due = await dueKeys(turn);
  const moved = flow?.keyRate ? started.map(({ key }) => key) : [];
  const keys = [...new Set([...ended.keys, ...placed.keys, ...moved, ...due])];
  const batches = flow?.batch ? await gatherBatches(turn, flow.batch, keys) : new Map<string, Date>();
  const states = keys.length > 0 ? await readKeys(turn, keys, started, batches) : [];
  const window = flow?.rate
    ? addAll(
        rate,
        started.map(({ at }) => at),
        flow.rate,
      )
    : [];
  const room = await roomOf(turn, window);
  const count = holds.isAll ? 0 : room.count;
  const admitted = count > 0 ? await admit(turn, states, holds, count) : [];
  const hasExcess = flow?.cancelsExcess === true && !holds.isAll && (await cancelExcess(turn, states, room));
  if (flow?.rate) await keepRate(turn, room.window);
  if (states.length > 0) await keepKeys(turn, states, room.nextAt, holds);
  const isMore =
    ended.isMore || placed.isMore || admitted.length === ADMIT_AT_ONCE || (count > 0 && due.length === KEYS_AT_ONCE);
  return {
    admitted,
    hasEndings: placed.hasEndings || hasExcess || ended.hasEndings,
    nextDueAt: isMore ? now : await nextDue(turn),
  };
};

/** Forgets runs that have ended, and has those end that were gathered into them. Indexes: flow_runs_ended, flow_runs_of_batch. */
const clearEnded = async ({
  client,
  workflow,
}: Turn): Promise<{ keys: string[]; isMore: boolean; hasEndings: boolean }> => {
  const { rows } = await client.query<{ run_id: string; key: string | null; is_batch: boolean }>({
    name: 'clear-ended',
    text: `DELETE FROM nightshift.flow_runs WHERE run_id = ANY(ARRAY(
        SELECT run_id FROM nightshift.flow_runs WHERE workflow = $1 AND ended_at IS NOT NULL AND NOT counts LIMIT $2))
      RETURNING run_id, key, is_batch`,
    values: [workflow, ENDED_AT_ONCE],
  });
  const batches = rows.flatMap((row) => (row.is_batch ? row.run_id : []));
  if (batches.length > 0) {
    await client.query({
      name: 'end-gathered',
      text: `UPDATE nightshift.flow_runs q SET ending = CASE r.status
          WHEN 'succeeded' THEN json_build_object('type', 'RunSucceeded', 'data', json_strip_nulls(json_build_object('result', r.result)))
          WHEN 'failed' THEN json_build_object('type', 'RunFailed', 'data', json_build_object('problem', r.problem))
          ELSE json_build_object('type', 'RunCancelled', 'data', json_build_object('reason', 'the run that it was gathered into was cancelled')) END
        FROM nightshift.runs r WHERE q.batch_id = r.id AND r.id = ANY($1::uuid[]) AND q.batch_id = ANY($1::uuid[])`,
      values: [batches],
    });
  }
  return {
    keys: rows.flatMap(({ key }) => key ?? []),
    isMore: rows.length === ENDED_AT_ONCE,
    hasEndings: batches.length > 0,
  };
};

/**
 * Lets go the first of the keys' runs for which there is room, by their positions. A run's start is told as its admission, which has the
 * queue's order; executors begin it a little later, in any order. Index: flow_runs_waiting.
 */
const admit = async (
  { client, workflow, flow }: Turn,
  states: readonly KeyState[],
  holds: Holds,
  room: number,
): Promise<ReadyRun[]> => {
  const { perKey } = flow?.concurrency ?? {};
  const open = states.flatMap((state) => {
    const free = perKey === undefined ? ADMIT_AT_ONCE : Math.max(0, perKey - state.underWay);
    const count = Math.min(state.room, free);
    return count === 0 || holds.keys.includes(state.key) ? [] : [{ state, count }];
  });
  if (open.length === 0) return [];
  // Later than the end of every run that is known to have ended.
  const at = new Date();
  const { rows } = await client.query<{ run_id: string; version: number; key: string }>({
    name: 'admit-runs',
    text: `WITH next AS (
        SELECT w.run_id, w.key, w.queued_at FROM unnest($2::text[], $3::int[]) AS open (key, room)
        CROSS JOIN LATERAL (
          SELECT q.run_id, q.key, q.position, q.queued_at FROM nightshift.flow_runs q JOIN nightshift.runs r ON r.id = q.run_id
          WHERE q.workflow = $1 AND q.key = open.key AND ${isWaiting('q')} AND ($7 IS FALSE OR q.is_batch) AND r.finished_at IS NULL AND r.status <> 'paused'
            AND (q.chain_id IS NULL OR q.chain_id <> ALL($6::uuid[]))
          ORDER BY q.position, q.run_id LIMIT open.room) w
        ORDER BY w.position, w.run_id LIMIT $4),
      ready AS (
        SELECT id, (SELECT max(version) + 1 FROM nightshift.run_events e WHERE e.run_id = runs.id) AS version
        FROM nightshift.runs WHERE id = ANY(ARRAY(SELECT run_id FROM next)) AND finished_at IS NULL AND status <> 'paused'
        ORDER BY id FOR UPDATE),
      happened AS (
        INSERT INTO nightshift.run_events (run_id, version, type, at, data)
        SELECT r.id, r.version, 'RunAdmitted', $5, json_strip_nulls(json_build_object('key', nullif(n.key, ''),
          'waitedMs', greatest(0, round(extract(epoch FROM $5 - n.queued_at) * 1000))))
        FROM ready r JOIN next n ON n.run_id = r.id
        ON CONFLICT (run_id, version) DO NOTHING RETURNING run_id, version),
      admitted AS (
        UPDATE nightshift.flow_runs SET admitted_at = $5, counts = $8 WHERE run_id = ANY(ARRAY(SELECT run_id FROM happened))),
      moved AS (
        UPDATE nightshift.runs SET lease_until = now() + ${LEASE_INTERVAL}, started_at = coalesce(started_at, $5) WHERE id = ANY(ARRAY(SELECT run_id FROM happened)))
      SELECT h.run_id, h.version, n.key FROM happened h JOIN next n ON n.run_id = h.run_id`,
    values: [
      workflow,
      open.map(({ state }) => state.key),
      open.map(({ count }) => count),
      room,
      at,
      holds.chains,
      flow?.batch !== undefined,
      flow?.rate !== undefined || flow?.keyRate !== undefined,
    ],
  });
  const byKey = new Map(states.map((state) => [state.key, state]));
  for (const { key } of rows) byKey.get(key)!.admitted++;
  return rows.map((row) => ({ runId: row.run_id, version: row.version }));
};

/** Has those end that the rate leaves no room for. @returns whether there were any */
const cancelExcess = async (
  { client, workflow, flow }: Turn,
  states: readonly KeyState[],
  room: Room,
): Promise<boolean> => {
  const full = states.filter(
    ({ room: left, admitted }) => room.nextAt !== undefined || (flow?.keyRate && admitted >= left),
  );
  if (full.length === 0) return false;
  const { rowCount } = await client.query({
    name: 'cancel-excess',
    text: `UPDATE nightshift.flow_runs SET ending = '{"type":"RunCancelled","data":{"reason":"more starts than the rate of its workflow allows"}}'
      WHERE workflow = $1 AND key = ANY($2::text[]) AND ${isWaiting('flow_runs')}`,
    values: [workflow, full.map(({ key }) => key)],
  });
  return (rowCount ?? 0) > 0;
};
