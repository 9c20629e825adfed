import { roomIn, type RateWindow } from '@nightshift/workflow-core';
import { addAll, nextRoomAt, type Started } from './rate-room.ts';
import { ADMIT_AT_ONCE, isWaiting, type Holds, type Turn } from './turn.ts';

/** A key in the turn. */
export interface KeyState {
  key: string;
  window: RateWindow;
  since: Date | null;
  /** Runs that were let go and are not known to have started; counted only where there is a rate. */
  pending: number;
  oldestPending: Date | null;
  underWay: number;
  admitted: number;
  /** What its rate or debounce lets go now, and when it lets go more. */
  room: number;
  nextAt: Date | undefined;
  /** When its next batch is gathered. */
  batchAt: Date | undefined;
}

/** Indexes: flow_keys' primary key, flow_runs_under_way, flow_runs_to_count. */
export const readKeys = async (
  { client, workflow, flow, now }: Turn,
  keys: readonly string[],
  started: readonly Started[],
  batches: ReadonlyMap<string, Date>,
): Promise<KeyState[]> => {
  const { rows } = await client.query<KeyRow>({
    name: 'read-keys',
    text: `SELECT wanted.key, k.rate, k.since,
        (SELECT count(*)::int FROM nightshift.flow_runs u
         WHERE u.workflow = $1 AND u.key = wanted.key AND u.admitted_at IS NOT NULL AND u.ended_at IS NULL) AS under_way,
        p.pending, p.oldest_pending, w.newest
      FROM unnest($2::text[]) AS wanted (key)
      LEFT JOIN nightshift.flow_keys k ON k.workflow = $1 AND k.key = wanted.key
      LEFT JOIN LATERAL (SELECT count(*)::int AS pending, min(admitted_at) AS oldest_pending FROM nightshift.flow_runs c
        WHERE $3 AND c.workflow = $1 AND c.counts AND c.key = wanted.key) p ON true
      LEFT JOIN LATERAL (SELECT max(queued_at) AS newest FROM nightshift.flow_runs n
        WHERE $4 AND n.workflow = $1 AND n.key = wanted.key AND ${isWaiting('n')}) w ON true`,
    values: [workflow, keys, flow?.keyRate !== undefined, flow?.debounce !== undefined],
  });
  return rows.map(({ key, rate, since, under_way: underWay, pending, oldest_pending: oldestPending, newest }) => {
    const state: KeyState = {
      key,
      window: rate ?? [],
      since,
      pending,
      oldestPending,
      underWay,
      admitted: 0,
      room: ADMIT_AT_ONCE,
      nextAt: undefined,
      batchAt: batches.get(key),
    };
    if (flow?.keyRate) {
      const moments = started.flatMap((start) => (start.key === key ? start.at : []));
      const asked = roomIn(addAll(state.window, moments, flow.keyRate), pending, flow.keyRate, now.getTime());
      state.window = asked.window;
      state.room = Math.min(state.room, asked.room);
      if (asked.room < ADMIT_AT_ONCE) state.nextAt = nextRoomAt(asked.nextAtMs, oldestPending, flow.keyRate, now);
    }
    if (flow?.debounce && newest) {
      const { periodMs, atMostMs } = flow.debounce;
      const untilMs = Math.min(newest.getTime() + periodMs, (since ?? newest).getTime() + atMostMs);
      if (untilMs > now.getTime()) Object.assign(state, { room: 0, nextAt: new Date(untilMs) });
    }
    return state;
  });
};

interface KeyRow {
  key: string;
  rate: RateWindow | null;
  since: Date | null;
  under_way: number;
  pending: number;
  oldest_pending: Date | null;
  newest: Date | null;
}

/**
 * Says when each key is to be looked at again: at a time, if its rate or a debounce puts it off; next, in the order of who waits, if only the
 * whole is full; not before one of its runs ends, if that is what it waits for. A key of which nothing need be known is forgotten.
 */
export const keepKeys = async (
  { client, workflow, flow, now }: Turn,
  states: readonly KeyState[],
  wholeAt: Date | undefined,
  holds: Holds,
): Promise<void> => {
  const { perKey } = flow?.concurrency ?? {};
  const due = states.map((state): Date | 'first' | null => {
    if (holds.isAll || holds.keys.includes(state.key)) return null;
    if (perKey !== undefined && state.underWay + state.admitted >= perKey) return null;
    if (state.nextAt && state.admitted >= state.room) return state.nextAt;
    return wholeAt ?? 'first';
  });
  // What was admitted now is known to have started later.
  const keepUntil = (state: KeyState): Date | null => {
    if (state.batchAt) return state.batchAt;
    const [last] = state.window.at(-1) ?? [];
    const lastMs = state.pending + state.admitted > 0 && flow?.keyRate ? now.getTime() : last;
    return lastMs === undefined || !flow?.keyRate ? null : new Date(lastMs + flow.keyRate.perMs);
  };
  await client.query({
    name: 'keep-keys',
    text: `WITH wanted AS (
        SELECT k.*, (SELECT q.position FROM nightshift.flow_runs q JOIN nightshift.runs r ON r.id = q.run_id
          WHERE q.workflow = $1 AND q.key = k.key AND ${isWaiting('q')} AND ($8 IS FALSE OR q.is_batch)
            AND r.status <> 'paused' AND (q.chain_id IS NULL OR q.chain_id <> ALL($9::uuid[]))
          ORDER BY q.position, q.run_id LIMIT 1) AS first
        FROM unnest($2::text[], $3::timestamptz[], $4::boolean[], $5::json[], $6::timestamptz[], $7::timestamptz[])
          AS k (key, due_at, is_first, rate, since, keep_until)),
      kept AS (
        INSERT INTO nightshift.flow_keys (workflow, key, due_at, rate, since)
        SELECT $1, key, least(CASE WHEN is_first THEN first WHEN first IS NOT NULL THEN due_at END, keep_until), rate,
          CASE WHEN first IS NOT NULL THEN since END
        FROM wanted WHERE first IS NOT NULL OR keep_until IS NOT NULL
        ON CONFLICT (workflow, key) DO UPDATE SET due_at = excluded.due_at, rate = excluded.rate, since = excluded.since)
      DELETE FROM nightshift.flow_keys f USING wanted w
      WHERE f.workflow = $1 AND f.key = w.key AND w.first IS NULL AND w.keep_until IS NULL`,
    values: [
      workflow,
      states.map(({ key }) => key),
      due.map((at) => (at instanceof Date ? at : null)),
      due.map((at) => at === 'first'),
      states.map(({ window }) => (window.length > 0 ? JSON.stringify(window) : null)),
      states.map(({ since }) => since),
      states.map(keepUntil),
      flow?.batch !== undefined,
      holds.chains,
    ],
  });
};
