import type { NewRunEvent } from '@nightshift/contracts';
import type { Append } from '../append.ts';
import { LEASE_INTERVAL } from '../run-projection.ts';
import {
  awaitedColumns,
  createdRunColumns,
  emittedColumns,
  endedWaitColumns,
  eventColumns,
  listColumns,
  keeperColumns,
  movedRunColumns,
  releasedColumns,
  runsOf,
  timerColumns,
  type Column,
  type MovedRunColumns,
} from './append-columns.ts';
import { LETS_GO } from './lets-go.ts';
import { changesPhase, madeSchedules, rescheduledParts, schedulePhases, waitsForStart } from './schedule-parts.ts';

interface Statement {
  /** Distinct per shape of statement, so that each is prepared once per connection. */
  name: string;
  text: string;
  values: string[];
}

/** The parts that a statement can have, each with its letters in the statement's name, of which Postgres reads 63. */
const letters = {
  more: 'm',
  runs: 'r',
  begun: 'b',
  scheduled: 's',
  moved: 'v',
  freely: 'f',
  items: 'i',
  called: 'c',
  ended: 'e',
  resumed: 'u',
  timers: 't',
  emitted: 'o',
  awaits: 'a',
  waited: 'w',
  releases: 'k',
  kept: 'h',
  lists: 'l',
  phases: 'p',
  rescheduled: 'd',
  schedules: 'n',
} as const;
type Part = keyof typeof letters;

/**
 * One statement that appends a batch. Each append has a gate: its run's first new event. The gates are inserted with
 * `ON CONFLICT DO NOTHING` on the key (run_id, version); everything else of an append is written only if its gate was.
 * So a stale writer loses alone, and an append is all or nothing.
 *
 * Locks: the new keys, the rows of the runs that change status, one row of `list_counts` per list with ended items
 * (in order of id, so that two batches cannot wait for each other), the rows of schedules that change phase. Indexes: primary keys only. Every row that is looked up is
 * named by an array as well: joined tables alone could be planned as a scan of the whole table while it is still small,
 * and prepared statements keep their plan.
 */
export const appendStatement = (batch: readonly Append[]): Statement => {
  const values: string[] = [];
  const table = (columns: Column[]): string =>
    `unnest(${columns.map(([type, literal]) => `$${values.push(literal)}::${type}[]`).join(', ')})`;

  const has = new Set<Part>();
  const parts: string[] = [
    `event AS (SELECT * FROM ${table(eventColumns(batch))} AS e (gate, is_gate, run_id, version, type, at, data))`,
    `appended AS (
       INSERT INTO nightshift.run_events (run_id, version, type, at, data)
       SELECT run_id, version, type, at, data FROM event WHERE is_gate
       ON CONFLICT (run_id, version) DO NOTHING
       RETURNING run_id)`,
  ];
  const add = (part: Part, ...texts: string[]): void => {
    has.add(part);
    parts.push(...texts);
  };
  const happens = new Set<NewRunEvent['type']>();
  for (const { events } of batch) for (const { type } of events) happens.add(type);

  if (batch.some((append) => append.events.length > 1 || append.runs?.length)) {
    add(
      'more',
      `rest AS (
       INSERT INTO nightshift.run_events (run_id, version, type, at, data)
       SELECT e.run_id, e.version, e.type, e.at, e.data
       FROM event e JOIN appended a ON a.run_id = e.gate WHERE NOT e.is_gate)`,
    );
  }

  const created = createdRunColumns(batch);
  if (created) {
    const { names, columns, isBegun } = created;
    if (isBegun) has.add('begun');
    add(
      'runs',
      `created AS (
       INSERT INTO nightshift.runs (${names})
       SELECT ${names} FROM ${table(columns)} AS r (gate, ${names})
       JOIN appended a ON a.run_id = r.gate
       RETURNING id, due_at, status)`,
    );
    const schedules = madeSchedules(batch, table);
    if (schedules) add('schedules', schedules);
    if (schedules && batch.some((append) => runsOf(append).some(waitsForStart))) {
      add(
        'scheduled',
        `start_timers AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at)
       SELECT id, 'start', due_at FROM created WHERE status = 'scheduled')`,
      );
    }
  }

  const moved = movedRunColumns(batch);
  if (moved) {
    if (!moved.isPlain) has.add('freely');
    add('moved', movedPart(moved, table(moved.columns)));
    const ending = batch.filter((append) => append.events.some(endsRun));
    const isRetry = happens.has('RunRetried');
    if (isRetry || ending.some(({ startedBy }) => startedBy === undefined || startedBy === 'list')) {
      add('items', ...countParts(moved.isPlain));
    }
    if (ending.some(({ startedBy }) => startedBy === undefined || startedBy === 'call')) {
      add(
        'called',
        `callers AS (
       UPDATE nightshift.runs p SET status = 'running', lease_until = now() + ${LEASE_INTERVAL}
       WHERE p.status = 'waiting' AND p.id = ANY(ARRAY(
         SELECT caller_id FROM moved WHERE caller_id IS NOT NULL AND finished_at IS NOT NULL)))`,
      );
    }
    if (happens.has('RunCancelled') || happens.has('RunFailed')) {
      const ended = `SELECT id FROM moved WHERE status IN ('cancelled', 'failed')`;
      add(
        'ended',
        `dropped_timers AS (DELETE FROM nightshift.timers WHERE run_id = ANY(ARRAY(${ended})))`,
        `dropped_waits AS (DELETE FROM nightshift.event_waits WHERE run_id = ANY(ARRAY(${ended})))`,
      );
    }
    if (happens.has('RunRescheduled')) add('rescheduled', ...rescheduledParts(batch, table));
    if (batch.some(changesPhase)) add('phases', schedulePhases(!moved.isPlain));
    if (happens.has('RunResumed')) {
      add(
        'resumed',
        `resumed_timers AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at)
       SELECT id, 'start', due_at FROM moved WHERE status = 'scheduled'
       ON CONFLICT (run_id, kind) DO NOTHING)`,
      );
    }
  }

  const timers = timerColumns(batch);
  if (timers) {
    add(
      'timers',
      `timed AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at)
       SELECT t.run_id, 'wait', t.due_at
       FROM ${table(timers)} AS t (run_id, due_at) JOIN appended a ON a.run_id = t.run_id
       ON CONFLICT (run_id, kind) DO UPDATE SET due_at = excluded.due_at)`,
    );
  }
  const keepers = keeperColumns(batch);
  if (keepers) {
    add(
      'kept',
      `kept AS (
       UPDATE nightshift.locks l SET held_until = 'infinity'
       FROM ${table(keepers)} AS k (run_id) JOIN appended a ON a.run_id = k.run_id
       WHERE l.run_id = k.run_id AND l.run_id = ANY(ARRAY(SELECT run_id FROM appended)) AND l.held_until > clock_timestamp())`,
    );
  }
  const emitted = emittedColumns(batch);
  if (emitted) {
    add(
      'emitted',
      `emitted AS (
       INSERT INTO nightshift.outside_events (id, source, type, subject, time, data)
       SELECT e.id, e.source, e.type, e.subject, e.time, e.data
       FROM ${table(emitted)} AS e (gate, id, source, type, subject, time, data) JOIN appended a ON a.run_id = e.gate
       ON CONFLICT (source, id) DO NOTHING)`,
    );
  }
  const awaited = awaitedColumns(batch);
  if (awaited) {
    add(
      'awaits',
      `awaited AS (
       INSERT INTO nightshift.event_waits (run_id, step, type, key)
       SELECT w.run_id, w.step, w.type, w.key
       FROM ${table(awaited)} AS w (run_id, step, type, key) JOIN appended a ON a.run_id = w.run_id
       ON CONFLICT (run_id, step) DO UPDATE SET type = excluded.type, key = excluded.key, since = excluded.since, looked_at = NULL)`,
    );
  }
  const endedWaits = endedWaitColumns(batch, happens.has('EventReceived'));
  if (endedWaits) {
    add(
      'waited',
      `ended_waits AS (
       DELETE FROM nightshift.event_waits w USING ${table(endedWaits)} AS o (run_id, step)
       WHERE w.run_id = o.run_id AND w.step = o.step AND w.run_id = ANY(ARRAY(SELECT run_id FROM appended)))`,
    );
  }
  const released = releasedColumns(batch);
  if (released) {
    add(
      'releases',
      `released AS (
       DELETE FROM nightshift.locks l USING ${table(released)} AS n (run_id, name)
       WHERE l.name = n.name AND l.run_id = n.run_id AND l.run_id = ANY(ARRAY(SELECT run_id FROM appended)) AND ${LETS_GO})`,
    );
  }
  const lists = listColumns(batch);
  if (lists) {
    add(
      'lists',
      `new_lists AS (
       INSERT INTO nightshift.lists (id, workflow, workflow_version, parameters, item_parameter, total, start_at,
         interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, requested_by, next_start_at)
       SELECT l.id, l.workflow, l.workflow_version, l.parameters, l.item_parameter, l.total, l.start_at,
         l.interval_ms, l.concurrency, l.on_complete, l.on_complete_version, l.parent_run_id, l.depth, l.requested_at, l.requested_by,
         coalesce(l.start_at, l.requested_at)
       FROM ${table(lists.rows)} AS l (gate, id, workflow, workflow_version, parameters, item_parameter, total,
         start_at, interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, requested_by)
       JOIN appended a ON a.run_id = l.gate
       RETURNING id)`,
      `new_counts AS (INSERT INTO nightshift.list_counts (list_id) SELECT id FROM new_lists)`,
      `new_chunks AS (
       INSERT INTO nightshift.list_chunks (list_id, first_index, items)
       SELECT c.list_id, c.first_index, c.items
       FROM ${table(lists.chunks)} AS c (gate, list_id, first_index, items) JOIN appended a ON a.run_id = c.gate)`,
    );
  }

  const answer =
    has.has('items') || has.has('called')
      ? `SELECT a.run_id, CASE WHEN m.finished_at IS NOT NULL THEN m.list_id END AS list_id,
         CASE WHEN m.finished_at IS NOT NULL THEN m.caller_id END AS caller_id
       FROM appended a LEFT JOIN moved m ON m.id = a.run_id`
      : 'SELECT run_id, NULL::uuid AS list_id, NULL::uuid AS caller_id FROM appended';
  const name = `append_${[...has].map((part) => letters[part]).join('')}`;
  return { name, text: `WITH ${parts.join(',\n     ')}\n     ${answer}`, values };
};

const endsRun = (event: NewRunEvent): boolean =>
  event.type === 'RunSucceeded' || event.type === 'RunFailed' || event.type === 'RunCancelled';

/** The update of the rows. Plain, it only starts and ends runs, which is what a busy system does. */
const movedPart = ({ names, isPlain }: MovedRunColumns, rows: string): string => {
  const sets = isPlain
    ? `status = CASE WHEN r.status = 'paused' AND m.status = 'running' THEN r.status ELSE m.status END,
         paused_at = CASE WHEN m.status = 'running' THEN r.paused_at END,
         held_by = CASE WHEN m.status = 'running' THEN r.held_by END,
         lease_until = CASE m.lease WHEN 'keep' THEN r.lease_until WHEN 'renew' THEN m.lease_until END`
    : freeMoves;
  return `moved AS (
       UPDATE nightshift.runs r SET
         ${sets},
         started_at = coalesce(r.started_at, m.started_at),
         workflow_version = coalesce(m.workflow_version, r.workflow_version),
         finished_at = m.finished_at,
         result = m.result,
         problem = m.problem
       FROM ${rows} AS m (${names})
       WHERE r.id = m.id AND r.id = ANY(ARRAY(SELECT run_id FROM appended))
       RETURNING r.id, r.status, r.finished_at, r.due_at, r.list_id,
         CASE WHEN r.parent_waits THEN r.parent_id END AS caller_id${isPlain ? '' : `, m.is_retried, coalesce(m.status = 'rescheduled', false) AS is_rescheduled`})`;
};

/** A paused run stays paused, also when its executor only now records that it started, except when it is resumed or ends. */
const KEEPS_PAUSE = `(m.status IS NULL OR m.status IN ('awake', 'resting', 'running', 'rescheduled'))`;
const IS_LATER = `r.started_at IS NULL AND coalesce(m.due_at, r.due_at) > m.at`;

const freeMoves = `status = CASE
           WHEN m.status IS NULL OR r.status = 'paused' AND ${KEEPS_PAUSE} THEN r.status
           WHEN m.status = 'resting' THEN 'waiting'
           WHEN m.status IN ('resumed', 'rescheduled') AND ${IS_LATER} THEN 'scheduled'
           WHEN m.status IN ('awake', 'resumed', 'rescheduled') THEN CASE WHEN r.started_at IS NULL THEN 'queued' ELSE 'running' END
           ELSE m.status END,
         paused_at = CASE WHEN ${KEEPS_PAUSE} THEN r.paused_at WHEN m.status = 'paused' THEN m.at END,
         held_by = CASE WHEN ${KEEPS_PAUSE} THEN r.held_by ELSE m.held_by END,
         progress = coalesce(m.progress, r.progress),
         due_at = coalesce(m.due_at, r.due_at),
         lease_until = CASE
           WHEN m.lease = 'keep' THEN r.lease_until
           WHEN m.status IN ('awake', 'resting', 'rescheduled') AND r.status = 'paused'
             OR m.status IN ('resumed', 'rescheduled') AND ${IS_LATER} THEN NULL
           WHEN m.lease = 'renew' THEN m.lease_until END`;

/** Counts the ended items of each list, and takes back the failures that are retried. */
const countParts = (isPlain: boolean): string[] => [
  `counts AS (
       SELECT list_id,
         count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
         count(*) FILTER (WHERE status = 'failed')${isPlain ? '' : ' - count(*) FILTER (WHERE is_retried AND finished_at IS NULL)'} AS failed,
         count(*) FILTER (WHERE status = 'cancelled') AS cancelled
       FROM moved WHERE list_id IS NOT NULL AND (finished_at IS NOT NULL${isPlain ? '' : ' OR is_retried'}) GROUP BY list_id)`,
  `locked_counts AS (
       SELECT c.list_id FROM nightshift.list_counts c
       WHERE c.list_id = ANY(ARRAY(SELECT list_id FROM counts)) ORDER BY c.list_id FOR UPDATE)`,
  `counted AS (
       UPDATE nightshift.list_counts t SET
         succeeded = t.succeeded + c.succeeded,
         failed = t.failed + c.failed,
         cancelled = t.cancelled + c.cancelled,
         progress_at = now()
       FROM counts c
       WHERE t.list_id = c.list_id AND t.list_id = ANY(ARRAY(SELECT list_id FROM locked_counts)))`,
];
