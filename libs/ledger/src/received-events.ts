import type { Page, ReceivedEventInfo, ReceivedEventView, RunOfEvent } from '@nightshift/contracts';
import type { OutsideEvent } from './append.ts';
import type { Database } from './database.ts';
import { eventJson, isEmittedEvent, type UnmatchedEvent } from './events.ts';
import { newId } from './run-id.ts';

type EventKey = Pick<OutsideEvent, 'source' | 'id'>;

export interface ReceivedEventFilter {
  source?: string | undefined;
  type?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** An event that is to start once more what it starts. `receivedAt` is when that was asked for. */
export interface EventReplay extends UnmatchedEvent {
  replayId: string;
}

/** Events from outside that are kept: what became of them, and once more. */
export interface ReceivedEvents {
  /** Those that came last first. `cursor` is a page's `nextCursor`; undefined: it is none. */
  list(filter: ReceivedEventFilter, limit: number, cursor?: string): Promise<Page<ReceivedEventInfo> | undefined>;
  find(event: EventKey): Promise<ReceivedEventView | undefined>;
  /** Has an event start once more what it starts. @returns what the replay is known by; undefined: there is no such event */
  replay(event: EventKey): Promise<string | undefined>;
  /** The same for all events that fit, which came from a moment on and before another. @returns how many */
  replayMany(filter: { source: string; type?: string | undefined; from: Date; to: Date }): Promise<number>;
  /** Replays whose triggers have not all been looked at, in the order in which they were asked for. */
  unmatchedReplays(limit: number): Promise<EventReplay[]>;
  /** Every run that these replays start is in the ledger. */
  replaysMatched(replayIds: readonly string[]): Promise<void>;
  /** Has a replay's triggers looked at again. @returns whether there is such a replay */
  unmatchReplay(replayId: string): Promise<boolean>;
  /** Forgets replays of events that are gone. @returns how many, `limit` at most */
  forgetReplays(before: Date, limit: number): Promise<number>;
}

interface Row {
  source: string;
  id: string;
  type: string;
  subject: string;
  time: Date;
  received_at: Date;
  place: string;
  matched_at: Date | null;
  data: unknown;
  raw: Buffer | null;
  started: RunOfEvent[];
  replays: { id: string; at: string; isMatched: boolean }[];
  woken: RunOfEvent[];
}

const STARTED_SHOWN = 50;

const RUN = `json_build_object('runId', r.id, 'workflow', r.workflow, 'status', r.status)`;

/**
 * What became of event `e`. The ids of the runs that it starts begin with the moment when it came, or was replayed: a range of the primary key
 * of runs. Index: event_replays_of_event.
 */
const BECAME = `
  (SELECT coalesce(json_agg(s.run), '[]') FROM (
     SELECT ${RUN} AS run FROM (
       SELECT e.received_at AS at UNION ALL
       (SELECT p.at FROM nightshift.event_replays p WHERE p.source = e.source AND p.event_id = e.id ORDER BY p.at DESC LIMIT 20)
     ) AS m JOIN nightshift.runs r
       ON r.id >= nightshift.uuid_from_time(date_trunc('milliseconds', m.at))
       AND r.id < nightshift.uuid_from_time(date_trunc('milliseconds', m.at) + interval '1 millisecond')
     WHERE r.cause ->> 'kind' = 'event' AND r.cause ->> 'source' = e.source AND r.cause ->> 'eventId' = e.id
     ORDER BY r.id LIMIT ${STARTED_SHOWN}) AS s) AS started,
  (SELECT coalesce(json_agg(json_build_object('id', p.id, 'isMatched', p.matched_at IS NOT NULL,
       'at', to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY p.at DESC), '[]')
   FROM (SELECT * FROM nightshift.event_replays p WHERE p.source = e.source AND p.event_id = e.id
     ORDER BY p.at DESC LIMIT 20) AS p) AS replays`;

/** Runs that had waited for event `e` when it came. Index: run_events_by_time. */
const WOKEN = `(SELECT coalesce(json_agg(${RUN}), '[]') FROM nightshift.run_events h JOIN nightshift.runs r ON r.id = h.run_id
  WHERE h.at >= e.received_at - interval '5 seconds' AND h.at < e.received_at + interval '1 minute' AND h.type = 'EventReceived'
    AND h.data -> 'event' ->> 'id' = e.id AND h.data -> 'event' ->> 'source' = e.source) AS woken`;

export const makeReceivedEvents = (database: Database): ReceivedEvents => ({
  // Indexes: outside_events_by_source with a source, else outside_events_by_time.
  list: async ({ source, type, from, to }, limit, cursor) => {
    const conditions = ['true'];
    const values: unknown[] = [limit + 1];
    const add = (condition: string, ...given: unknown[]): void => {
      conditions.push(condition.replace(/\?/g, () => `$${values.push(given.shift())}`));
    };
    if (source !== undefined) add('o.source = ?', source);
    if (type !== undefined) add('o.type = ?', type);
    if (from !== undefined) add('o.received_at >= ?', from);
    if (to !== undefined) add('o.received_at < ?', to);
    if (cursor !== undefined) {
      const place = readPlace(cursor);
      if (place === undefined) return undefined;
      add('(o.received_at, o.source, o.id) < (?::timestamptz, ?, ?)', ...place);
    }
    const rows = await database.query<Row>(
      `received-events-${[source, type, from, to, cursor].map((given) => (given === undefined ? 0 : 1)).join('')}`,
      `SELECT e.source, e.id, e.type, e.subject, e.time, e.received_at, e.received_at::text AS place, e.matched_at, ${BECAME}
       FROM (SELECT * FROM nightshift.outside_events o WHERE ${conditions.join(' AND ')}
         ORDER BY o.received_at DESC, o.source DESC, o.id DESC LIMIT $1) AS e
       ORDER BY e.received_at DESC, e.source DESC, e.id DESC`,
      values,
    );
    const page = rows.slice(0, limit);
    return { items: page.map(toInfo), nextCursor: rows.length > limit ? placeOf(page.at(-1)!) : null };
  },

  find: async ({ source, id }) => {
    const [row] = await database.query<Row>(
      'find-received-event',
      `SELECT e.*, ${BECAME}, ${WOKEN} FROM nightshift.outside_events e WHERE e.source = $1 AND e.id = $2`,
      [source, id],
    );
    return row && { ...toInfo(row), data: row.data, raw: row.raw?.toString('base64') ?? null, woken: row.woken };
  },

  replay: async ({ source, id }) => {
    const [row] = await database.query<{ id: string }>(
      'replay-event',
      `INSERT INTO nightshift.event_replays (id, source, event_id)
       SELECT $3, source, id FROM nightshift.outside_events WHERE source = $1 AND id = $2 RETURNING id`,
      [source, id, newId(Date.now())],
    );
    return row?.id;
  },

  // Index: outside_events_by_source. In the order in which they came.
  replayMany: async ({ source, type, from, to }) => {
    const [row] = await database.query<{ replayed: number }>(
      'replay-events',
      `WITH replayed AS (
         INSERT INTO nightshift.event_replays (id, at, source, event_id)
         SELECT uuidv7(), clock_timestamp(), c.source, c.id FROM (
           SELECT source, id FROM nightshift.outside_events
           WHERE source = $1 AND ($2::text IS NULL OR type = $2) AND received_at >= $3 AND received_at < $4
           ORDER BY received_at, id) AS c
         RETURNING 1)
       SELECT count(*)::int AS replayed FROM replayed`,
      [source, type ?? null, from, to],
    );
    return row!.replayed;
  },

  // Indexes: event_replays_unmatched, the primary keys of outside_events and of runs.
  unmatchedReplays: async (limit) => {
    const rows = await database.query<{
      id: string;
      at: Date;
      event: OutsideEvent;
      run_id: string | null;
      depth: number;
    }>(
      'unmatched-replays',
      `SELECT p.id, p.at, ${eventJson} AS event, r.id AS run_id, r.depth
       FROM (SELECT * FROM nightshift.event_replays WHERE matched_at IS NULL ORDER BY at, id LIMIT $1) AS p
       JOIN nightshift.outside_events e ON e.source = p.source AND e.id = p.event_id
       LEFT JOIN nightshift.runs r ON r.id = CASE WHEN ${isEmittedEvent} THEN left(e.id, 36)::uuid END
       ORDER BY p.at, p.id`,
      [limit],
    );
    return rows.map(({ id: replayId, at: receivedAt, event, run_id: runId, depth }) => ({
      ...event,
      ...{ receivedAt, replayId },
      ...(runId !== null && { emittedBy: { runId, depth } }),
    }));
  },

  replaysMatched: async (replayIds) => {
    if (replayIds.length === 0) return;
    await database.query(
      'replays-matched',
      'UPDATE nightshift.event_replays SET matched_at = clock_timestamp() WHERE id = ANY($1::uuid[])',
      [replayIds],
    );
  },

  unmatchReplay: async (replayId) => {
    const rows = await database.query(
      'unmatch-replay',
      'UPDATE nightshift.event_replays SET matched_at = NULL WHERE id = $1 RETURNING id',
      [replayId],
    );
    return rows.length > 0;
  },

  forgetReplays: async (before, limit) => {
    const [row] = await database.query<{ gone: number }>(
      'forget-replays',
      `WITH old AS (
         SELECT p.id FROM nightshift.event_replays p WHERE p.at < $1 AND NOT EXISTS (
           SELECT FROM nightshift.outside_events e WHERE e.source = p.source AND e.id = p.event_id) LIMIT $2),
         gone AS (DELETE FROM nightshift.event_replays WHERE id = ANY(ARRAY(SELECT id FROM old)) RETURNING 1)
       SELECT count(*)::int AS gone FROM gone`,
      [before, limit],
    );
    return row!.gone;
  },
});

const toInfo = (row: Row): ReceivedEventInfo => ({
  source: row.source,
  id: row.id,
  type: row.type,
  subject: row.subject === '' ? null : row.subject,
  time: row.time.toISOString(),
  receivedAt: row.received_at.toISOString(),
  isMatched: row.matched_at !== null,
  started: row.started,
  replays: row.replays,
});

const placeOf = ({ place, source, id }: Row): string =>
  Buffer.from(JSON.stringify([place, source, id])).toString('base64url');

const moment = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/;

const readPlace = (cursor: string): [string, string, string] | undefined => {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (!Array.isArray(place) || place.length !== 3 || !place.every((part) => typeof part === 'string'))
      return undefined;
    const [at, source, id] = place as [string, string, string];
    return moment.test(at) && !source.includes('\0') && !id.includes('\0') ? [at, source, id] : undefined;
  } catch {
    return undefined;
  }
};
