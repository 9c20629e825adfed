import { addStarts, roomIn, type RateLimit, type RateWindow } from '@nightshift/workflow-core';
import { ADMIT_AT_ONCE, type Turn } from './turn.ts';

/** A run that was let go and has not started yet when its place in the rate is wanted again: asked for after this. */
const START_LATE_MS = 20;

/** When a run of this key began, as far as a rate counts. */
export interface Started {
  key: string;
  at: number;
}

/** From when on runs that were let go count: the moment of their start, or of their admission if they had started before. Index: flow_runs_to_count. */
export const countStarted = async ({ client, workflow }: Turn): Promise<Started[]> => {
  const { rows } = await client.query<{ key: string; at: Date }>({
    name: 'count-started',
    text: `WITH begun AS (
        SELECT c.run_id, e.at FROM nightshift.flow_runs c
        LEFT JOIN LATERAL (
          SELECT at FROM nightshift.run_events WHERE run_id = c.run_id AND type = 'RunStarted' ORDER BY version LIMIT 1) e ON true
        WHERE c.workflow = $1 AND c.counts AND (e.at IS NOT NULL OR c.ended_at IS NOT NULL))
      UPDATE nightshift.flow_runs q SET counts = false FROM begun b
      WHERE q.run_id = b.run_id AND q.run_id = ANY(ARRAY(SELECT run_id FROM begun))
      RETURNING q.key, greatest(b.at, q.admitted_at) AS at`,
    values: [workflow],
  });
  return rows.map(({ key, at }) => ({ key, at: at.getTime() }));
};

/** The window with starts at these moments. */
export const addAll = (window: RateWindow, moments: readonly number[], limit: RateLimit): RateWindow =>
  moments.reduce((all, at) => addStarts(all, at, 1, limit), window);

/** A start that counts makes room a period later; one that has not begun yet, a period after its admission at the soonest. */
export const nextRoomAt = (
  windowAtMs: number | undefined,
  oldestPending: Date | null,
  { perMs }: RateLimit,
  now: Date,
): Date => {
  const pendingAtMs = oldestPending === null ? Infinity : oldestPending.getTime() + perMs;
  return new Date(
    Math.max(now.getTime() + START_LATE_MS, Math.min(windowAtMs ?? Infinity, pendingAtMs, now.getTime() + perMs)),
  );
};

/** What may be admitted of the workflow as a whole. */
export interface Room {
  count: number;
  window: RateWindow;
  /** Whether the rate of the whole leaves none, and when it does. */
  nextAt: Date | undefined;
}

/** What the limits of the workflow as a whole leave. Indexes: flow_runs_under_way, flow_runs_to_count. */
export const roomOf = async ({ client, workflow, flow, now }: Turn, window: RateWindow): Promise<Room> => {
  const { limit } = flow?.concurrency ?? {};
  if (limit === undefined && !flow?.rate) return { count: ADMIT_AT_ONCE, window, nextAt: undefined };
  const { rows } = await client.query<{ under_way: number; pending: number; oldest_pending: Date | null }>({
    name: 'queue-room',
    text: `SELECT
        (SELECT count(*)::int FROM nightshift.flow_runs WHERE $2 AND workflow = $1 AND admitted_at IS NOT NULL AND ended_at IS NULL) AS under_way,
        count(*)::int AS pending, min(admitted_at) AS oldest_pending FROM nightshift.flow_runs WHERE workflow = $1 AND counts`,
    values: [workflow, limit !== undefined],
  });
  const { under_way: underWay, pending, oldest_pending: oldestPending } = rows[0]!;
  const free = limit === undefined ? ADMIT_AT_ONCE : Math.max(0, limit - underWay);
  if (!flow?.rate) return { count: Math.min(ADMIT_AT_ONCE, free), window, nextAt: undefined };
  const asked = roomIn(window, pending, flow.rate, now.getTime());
  return {
    count: Math.min(ADMIT_AT_ONCE, free, asked.room),
    window: asked.window,
    nextAt: asked.room < free ? nextRoomAt(asked.nextAtMs, oldestPending, flow.rate, now) : undefined,
  };
};

/** Keeps what counts for the rate of the whole. */
export const keepRate = ({ client, workflow }: Turn, window: RateWindow): Promise<unknown> =>
  client.query({
    name: 'keep-rate',
    text: 'UPDATE nightshift.flows SET rate = $2 WHERE workflow = $1',
    values: [workflow, JSON.stringify(window)],
  });
