import type { OutsideEvent } from './append.ts';
import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';
import type { ReadyRun } from './timers.ts';

export interface Received {
  /** False: the same event came before. What it did then is done. */
  isNew: boolean;
  /** Runs that waited for it and are ready now: the caller dispatches them. */
  woken: ReadyRun[];
  /** Every run that it triggers is in the ledger. */
  isMatched: boolean;
}

/** An event whose triggers have not all been looked at. */
export interface UnmatchedEvent extends OutsideEvent {
  receivedAt: Date;
  /** The run that emitted it. */
  emittedBy?: { runId: string; depth: number };
}

/**
 * Outside events, and the steps that wait for them. An event is kept for a while, so that a run may come to wait for one that was quicker.
 *
 * Both sides write first and look then: an event is committed before the waits are looked through, and a wait before the kept events are.
 * So one of the two finds the other, whoever comes first, and when both do, the run's next version lets one in: a run has each event once.
 * Where a process dies between writing and looking, the scheduler looks.
 */
export interface Events {
  /**
   * Takes in an event and gives it to every run that waits for its type and subject. What it triggers is for somebody else to look for.
   * @param raw the body as its sender has signed it, to be kept with it
   */
  receive(event: OutsideEvent, raw?: Buffer): Promise<Received>;
  /** Events whose triggers have not all been looked at, in the order in which they came. */
  unmatched(limit: number): Promise<UnmatchedEvent[]>;
  /** Every run that these events trigger is in the ledger. */
  matched(events: readonly Pick<OutsideEvent, 'source' | 'id'>[]): Promise<void>;
  /** Has an event's triggers looked at again. @returns whether there is such an event */
  unmatch(event: Pick<OutsideEvent, 'source' | 'id'>): Promise<boolean>;
  /** Gives events that came with a run's commit to the runs that wait for them. @returns runs that are ready now */
  deliver(events: readonly OutsideEvent[]): Promise<ReadyRun[]>;
  /**
   * Gives a run, for each of its open waits, the oldest event kept since the run was requested that it has not had. To be called after the
   * commit that brought the wait. Undefined: there is none; otherwise the version of the last that it was given.
   */
  deliverKept(runId: string): Promise<{ version: number } | undefined>;
  /** Delivers what was committed before this moment and not looked through since. @returns runs that are ready now */
  deliverForgotten(before: Date, limit: number): Promise<ReadyRun[]>;
  /** Forgets events received before whose triggers have been looked at, and waits of runs that have ended. @returns how many events */
  forget(before: Date): Promise<number>;
}

/** What a run is given: the event for the step, if the run's newest event is still of this version. */
interface Delivery {
  run_id: string;
  step: string;
  version: number;
  event: OutsideEvent;
}

interface UnmatchedRow {
  event: OutsideEvent;
  received_at: Date;
  run_id: string | null;
  depth: number;
}

/** A run that moves this often meanwhile is left to the scheduler's look. */
const ATTEMPTS = 20;

/** Deletions of one statement. Larger holds up others that want the same pages for longer. */
const FORGET_BATCH = 5_000;

/** The event of row `e`, as it came. */
export const eventJson = `json_build_object('id', e.id, 'source', e.source, 'type', e.type, 'subject', nullif(e.subject, ''),
  'time', to_char(e.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', e.data)`;

/** Whether a run has emitted event `e`, whose id begins with the run's then. */
export const isEmittedEvent = `e.source LIKE '/workflows/%' AND e.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/'`;

/** Whether the run of wait `w` has had event `e`. Index: the primary key of run_events. */
const HAD = `EXISTS (SELECT FROM nightshift.run_events h WHERE h.run_id = w.run_id AND h.type = 'EventReceived'
  AND h.data -> 'event' ->> 'id' = e.id AND h.data -> 'event' ->> 'source' = e.source)`;

const VERSION = `(SELECT max(v.version) FROM nightshift.run_events v WHERE v.run_id = w.run_id)`;

/**
 * The first event for wait `w` of run `r` that the run has not had: events reach a run in the order in which they came, also when one is
 * taken in while another one waits to be delivered. Index: outside_events_by_key.
 */
const OLDEST = `SELECT ${eventJson} AS event, e.received_at FROM nightshift.outside_events e
  WHERE e.type = w.type AND e.subject = w.key AND e.received_at >= r.requested_at AND NOT ${HAD}
  ORDER BY e.received_at, e.id LIMIT 1`;

export const makeEvents = (database: Database, commits: GroupCommit): Events => {
  /** Delivers what a look finds, and looks again for those that moved meanwhile. */
  const deliverAll = async (look: () => Promise<Delivery[]>): Promise<{ woken: ReadyRun[]; isDone: boolean }> => {
    const woken = new Map<string, ReadyRun>();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const deliveries = await look();
      if (deliveries.length === 0) return { woken: [...woken.values()], isDone: true };
      const at = new Date().toISOString();
      await Promise.all(
        onePerRun(deliveries).map(async ({ run_id: runId, step, version, event }) => {
          const appended = await commits.append({
            runId,
            expectedVersion: version,
            events: [{ type: 'EventReceived', data: { step, event } }],
            at,
          });
          if (appended.outcome === 'appended') woken.set(runId, { runId, version: version + 1 });
        }),
      );
    }
    return { woken: [...woken.values()], isDone: false };
  };

  // Indexes: event_waits_by_key, outside_events_by_key, primary keys.
  const waitsFor = (events: readonly Pick<OutsideEvent, 'source' | 'id'>[]): Promise<Delivery[]> =>
    database.query<Delivery>(
      'waits-for-events',
      `SELECT w.run_id, w.step, o.event, ${VERSION} AS version
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (source, id, place)
       JOIN nightshift.outside_events e USING (source, id)
       JOIN nightshift.event_waits w ON w.type = e.type AND w.key = e.subject
       JOIN nightshift.runs r ON r.id = w.run_id
       CROSS JOIN LATERAL (${OLDEST}) AS o
       WHERE e.delivered_at IS NULL AND r.finished_at IS NULL AND NOT ${HAD}
       ORDER BY n.place`,
      [events.map(({ source }) => source), events.map(({ id }) => id)],
    );

  const deliver = async (events: readonly Pick<OutsideEvent, 'source' | 'id'>[]): Promise<ReadyRun[]> => {
    if (events.length === 0) return [];
    const { woken, isDone } = await deliverAll(() => waitsFor(events));
    if (isDone) {
      await database.query(
        'events-delivered',
        `UPDATE nightshift.outside_events e SET delivered_at = clock_timestamp()
         FROM unnest($1::text[], $2::text[]) AS n (source, id)
         WHERE e.source = n.source AND e.id = n.id AND e.source = ANY($1::text[]) AND e.delivered_at IS NULL`,
        [events.map(({ source }) => source), events.map(({ id }) => id)],
      );
    }
    return woken;
  };

  const deliverKept = async (runIds: readonly string[]): Promise<ReadyRun[]> => {
    if (runIds.length === 0) return [];
    // Indexes: the primary key of event_waits, outside_events_by_key.
    const kept = (): Promise<Delivery[]> =>
      database.query<Delivery>(
        'kept-events',
        `SELECT w.run_id, w.step, e.event, ${VERSION} AS version
         FROM nightshift.event_waits w JOIN nightshift.runs r ON r.id = w.run_id
         CROSS JOIN LATERAL (${OLDEST}) AS e
         WHERE w.run_id = ANY($1::uuid[]) AND r.id = ANY($1::uuid[]) AND r.finished_at IS NULL
         ORDER BY e.received_at`,
        [runIds],
      );
    const { woken, isDone } = await deliverAll(kept);
    if (isDone) {
      await database.query(
        'waits-looked-at',
        'UPDATE nightshift.event_waits SET looked_at = clock_timestamp() WHERE run_id = ANY($1::uuid[]) AND looked_at IS NULL',
        [runIds],
      );
    }
    return woken;
  };

  const isMatched = async ({ source, id }: Pick<OutsideEvent, 'source' | 'id'>): Promise<boolean> => {
    const [row] = await database.query<{ is_matched: boolean }>(
      'event-is-matched',
      'SELECT matched_at IS NOT NULL AS is_matched FROM nightshift.outside_events WHERE source = $1 AND id = $2',
      [source, id],
    );
    return row?.is_matched ?? false;
  };

  return {
    deliver,

    receive: async (event, raw) => {
      const { id, source, type, subject, time, data } = event;
      const rows = await database.query(
        'receive-event',
        `INSERT INTO nightshift.outside_events (id, source, type, subject, time, data, raw) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (source, id) DO NOTHING RETURNING id`,
        [id, source, type, subject ?? '', time, JSON.stringify(data ?? null), raw ?? null],
      );
      const isNew = rows.length > 0;
      // One that came before may not have been delivered: whoever took it in may have died, and the sender asks again because of that.
      return { isNew, woken: await deliver([event]), isMatched: !isNew && (await isMatched(event)) };
    },

    // Indexes: outside_events_unmatched, the primary key of runs.
    unmatched: async (limit) => {
      const rows = await database.query<UnmatchedRow>(
        'unmatched-events',
        `SELECT e.received_at, ${eventJson} AS event, r.id AS run_id, r.depth
         FROM (SELECT * FROM nightshift.outside_events WHERE matched_at IS NULL ORDER BY received_at, source, id LIMIT $1) AS e
         LEFT JOIN nightshift.runs r ON r.id = CASE WHEN ${isEmittedEvent} THEN left(e.id, 36)::uuid END
         ORDER BY e.received_at, e.source, e.id`,
        [limit],
      );
      return rows.map(({ event, received_at: receivedAt, run_id: runId, depth }) => ({
        ...event,
        receivedAt,
        ...(runId !== null && { emittedBy: { runId, depth } }),
      }));
    },

    // Index: primary key.
    matched: async (events) => {
      await database.query(
        'events-matched',
        `UPDATE nightshift.outside_events e SET matched_at = clock_timestamp()
         FROM unnest($1::text[], $2::text[]) AS n (source, id) WHERE e.source = n.source AND e.id = n.id`,
        [events.map(({ source }) => source), events.map(({ id }) => id)],
      );
    },

    // Index: primary key.
    unmatch: async ({ source, id }) => {
      const rows = await database.query(
        'unmatch-event',
        'UPDATE nightshift.outside_events SET matched_at = NULL WHERE source = $1 AND id = $2 RETURNING id',
        [source, id],
      );
      return rows.length > 0;
    },

    deliverKept: async (runId) => {
      const [woken] = await deliverKept([runId]);
      return woken && { version: woken.version };
    },

    // Indexes: outside_events_undelivered, event_waits_to_look.
    deliverForgotten: async (before, limit) => {
      const events = await database.query<{ source: string; id: string }>(
        'undelivered-events',
        `SELECT source, id FROM nightshift.outside_events
         WHERE delivered_at IS NULL AND received_at < $1 ORDER BY received_at LIMIT $2`,
        [before, limit],
      );
      const waits = await database.query<{ run_id: string }>(
        'waits-to-look',
        'SELECT run_id FROM nightshift.event_waits WHERE looked_at IS NULL AND since < $1 ORDER BY since LIMIT $2',
        [before, limit],
      );
      return [...(await deliver(events)), ...(await deliverKept([...new Set(waits.map(({ run_id }) => run_id))]))];
    },

    // Index: outside_events_by_time.
    forget: async (before) => {
      await database.query(
        'forget-waits',
        `DELETE FROM nightshift.event_waits w USING nightshift.runs r
         WHERE r.id = w.run_id AND r.finished_at IS NOT NULL AND w.since < $1`,
        [before],
      );
      let forgotten = 0;
      for (;;) {
        const [row] = await database.query<{ forgotten: number }>(
          'forget-events',
          `WITH old AS (
             SELECT source, id FROM nightshift.outside_events
             WHERE received_at < $1 AND matched_at IS NOT NULL ORDER BY received_at LIMIT $2),
           forgotten AS (
             DELETE FROM nightshift.outside_events e USING old o WHERE e.source = o.source AND e.id = o.id RETURNING e.id)
           SELECT count(*)::int AS forgotten FROM forgotten`,
          [before, FORGET_BATCH],
        );
        forgotten += row!.forgotten;
        if (row!.forgotten < FORGET_BATCH) return forgotten;
      }
    },
  };
};

/** A commit moves a run once: of several events for one run the others follow when it has had the first. */
const onePerRun = (deliveries: readonly Delivery[]): Delivery[] => {
  const first = new Map<string, Delivery>();
  for (const delivery of deliveries) if (!first.has(delivery.run_id)) first.set(delivery.run_id, delivery);
  return [...first.values()];
};
