import type { RunRequested } from '@nightshift/contracts';
import type { EndingEvent } from '../control/control.ts';
import { plainArray, textArray } from '../sql/array-literal.ts';
import { isWaiting, type Turn } from './turn.ts';

/** Runs that one turn gives their places. */
const PLACED_AT_ONCE = 1_000;

interface NewRow {
  run_id: string;
  requested: RunRequested;
}

/** Where the runs of a workflow stand that has no flow: it is only held. */
const nowhere = { key: '', aheadMs: 0 };

/** What came of giving runs their places. */
export interface Placed {
  keys: string[];
  isMore: boolean;
  hasEndings: boolean;
}

/**
 * Gives the runs that came into the queue their keys and positions; where starts are debounced, takes those out that a later one of their key
 * replaces. Indexes: flow_runs_new, flow_runs_waiting.
 */
export const placeNew = async (turn: Turn): Promise<Placed> => {
  const { client, workflow, flow, rules } = turn;
  const { rows } = await client.query<NewRow>({
    name: 'new-in-queue',
    text: `SELECT q.run_id, e.data AS requested FROM nightshift.flow_runs q JOIN nightshift.run_events e ON e.run_id = q.run_id AND e.version = 1
      WHERE q.workflow = $1 AND q.key IS NULL AND q.ending IS NULL AND q.ended_at IS NULL AND q.admitted_at IS NULL
      ORDER BY q.queued_at LIMIT $2`,
    values: [workflow, PLACED_AT_ONCE],
  });
  if (rows.length === 0) return { keys: [], isMore: false, hasEndings: false };
  const places = await Promise.all(
    rows.map(({ requested }) => (flow ? rules.placeOf(flow, requested) : Promise.resolve(nowhere))),
  );
  const endings = places.map((place): EndingEvent | undefined => ('ending' in place ? place.ending : undefined));
  const keys = places.map((place) => ('ending' in place ? null : place.key));
  await client.query({
    name: 'place-in-queue',
    text: `UPDATE nightshift.flow_runs q SET key = p.key, position = q.queued_at - p.ahead_ms * interval '1 millisecond', ending = p.ending
      FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::json[]) AS p (run_id, key, ahead_ms, ending)
      WHERE q.run_id = p.run_id AND q.run_id = ANY($1::uuid[])`,
    values: [
      plainArray(rows.map((row) => row.run_id)),
      textArray(keys),
      plainArray(places.map((place) => ('ending' in place ? 0 : place.aheadMs))),
      textArray(endings.map((ending) => (ending ? JSON.stringify(ending) : null))),
    ],
  });
  const placed = [...new Set(keys.filter((key) => key !== null))];
  const hasReplaced = flow?.debounce !== undefined && placed.length > 0 && (await replaceEarlier(turn, placed));
  return {
    keys: placed,
    isMore: rows.length === PLACED_AT_ONCE,
    hasEndings: hasReplaced || endings.some((ending) => ending !== undefined),
  };
};

/** @returns whether there were any */
const replaceEarlier = async ({ client, workflow }: Turn, keys: readonly string[]): Promise<boolean> => {
  const { rows } = await client.query<{ replaced: number }>({
    name: 'replace-earlier',
    text: `WITH waiting AS (
        SELECT q.run_id, q.key, q.queued_at, first_value(q.run_id) OVER latest AS latest FROM nightshift.flow_runs q
        WHERE q.workflow = $1 AND q.key = ANY($2::text[]) AND ${isWaiting('q')}
        WINDOW latest AS (PARTITION BY q.key ORDER BY q.queued_at DESC, q.run_id DESC)),
      since AS (
        INSERT INTO nightshift.flow_keys AS k (workflow, key, since) SELECT $1, key, min(queued_at) FROM waiting GROUP BY key
        ON CONFLICT (workflow, key) DO UPDATE SET since = coalesce(k.since, excluded.since)),
      replaced AS (
        UPDATE nightshift.flow_runs q
        SET ending = json_build_object('type', 'RunCancelled', 'data', json_build_object('reason', 'run ' || w.latest || ' was requested later and takes its place'))
        FROM waiting w WHERE q.run_id = w.run_id AND w.run_id <> w.latest AND q.run_id = ANY(ARRAY(SELECT run_id FROM waiting))
        RETURNING q.run_id)
      SELECT count(*)::int AS replaced FROM replaced`,
    values: [workflow, keys],
  });
  return rows[0]!.replaced > 0;
};
