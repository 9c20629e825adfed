import type { NewRunEvent } from '@nightshift/contracts';
import type { Append } from '../append.ts';
import { LEASE_INTERVAL } from '../run-projection.ts';
import {
  awaitedColumns,
  createdRunColumns,
  emittedColumns,
  endedWaitColumns,
  eventColumns,
  keeperColumns,
  movedRunColumns,
  releasedColumns,
  runsOf,
  timerColumns,
  type Column,
  type MovedRunColumns,
} from './append-columns.ts';
import { createdParts } from './created-runs.ts';
import { isGated } from './is-gated.ts';
import { LETS_GO } from './lets-go.ts';
import { listColumns } from './list-columns.ts';
import { PACE_MARKS } from './pace-marks.ts';
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
  left: 'z',
  gatedAgain: 'g',
  turns: 'q',
  failures: 'x',
  reopened: 'y',
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
    const rows = `${table(columns)} WITH ORDINALITY AS r (gate, ${names}, next_version, place)`;
    add('runs', ...createdParts(names, `${rows} JOIN appended a ON a.run_id = r.gate`));
    const schedules = madeSchedules(batch, table);
    if (schedules) add('schedules', schedules);
    if (schedules && batch.some((append) => runsOf(append).some(waitsForStart))) {
      add(
        'scheduled',
        `start_timers AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at, lane)
       SELECT id, 'start', due_at, nightshift.timer_lane(workflow) FROM created WHERE status = 'scheduled')`,
      );
    }
  }

  const moved = movedRunColumns(batch);
  if (moved) {
    if (!moved.isPlain) has.add('freely');
    const isRetry = happens.has('RunRetried');
    add('moved', movedPart(moved, table(moved.columns)));
    const ending = batch.filter((append) => append.events.some(endsRun));
    if (isRetry || ending.some(({ startedBy }) => startedBy === undefined || startedBy === 'list')) {
      add('items', ...countParts(moved.isPlain));
      if (happens.has('RunFailed')) add('failures', failuresPart);
      if (isRetry) add('reopened', reopenedPart);
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
    if (ending.some(({ isAdmitted }) => isAdmitted !== false)) {
      add(
        'left',
        `left_flows AS (
       UPDATE nightshift.flow_runs SET ended_at = now()
       WHERE run_id = ANY(ARRAY(SELECT id FROM moved WHERE finished_at IS NOT NULL)))`,
      );
    }
    if (!moved.isPlain && (isRetry || happens.has('RunResumed') || happens.has('RunRescheduled'))) {
      // As those of new runs are.
      add(
        'gatedAgain',
        `queued_again AS (
       INSERT INTO nightshift.flow_runs AS q (run_id, workflow, chain_id)
       SELECT id, workflow, chain_id FROM moved WHERE is_gated
       ON CONFLICT (run_id) DO UPDATE SET queued_at = excluded.queued_at, position = excluded.position, admitted_at = NULL,
         ended_at = NULL, key = NULL, ending = NULL, batch_id = NULL)`,
        `awaited_again AS (
       INSERT INTO nightshift.run_events (run_id, version, type, at, data)
       SELECT id, next_version, 'AdmissionAwaited', now(), '{}' FROM moved WHERE is_gated)`,
      );
    }
    if (happens.has('RunRescheduled')) add('rescheduled', ...rescheduledParts(batch, table));
    if (batch.some(changesPhase)) add('phases', schedulePhases(!moved.isPlain));
    if (happens.has('RunResumed')) {
      add(
        'resumed',
        // It may be its turn: the scheduler finds it as it finds new ones.
        `looked_at_again AS (
       UPDATE nightshift.flow_runs SET key = NULL
       WHERE run_id = ANY(ARRAY(SELECT id FROM moved)) AND admitted_at IS NULL AND ended_at IS NULL AND batch_id IS NULL)`,
        `resumed_timers AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at, lane)
       SELECT id, 'start', due_at, nightshift.timer_lane(workflow) FROM moved WHERE status = 'scheduled'
       ON CONFLICT (run_id, kind) DO NOTHING)`,
      );
    }
  }

  const timers = timerColumns(batch);
  if (timers) {
    add(
      'timers',
      `timed AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at, lane)
       SELECT t.run_id, 'wait', t.due_at, nightshift.timer_lane(r.workflow)
       FROM ${table(timers)} AS t (run_id, due_at) JOIN appended a ON a.run_id = t.run_id
       JOIN nightshift.runs r ON r.id = t.run_id AND r.id = ANY(ARRAY(SELECT run_id FROM appended))
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
         interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, rules, requested_by, next_start_at)
       SELECT l.id, l.workflow, l.workflow_version, l.parameters, l.item_parameter, l.total, l.start_at,
         l.interval_ms, l.concurrency, l.on_complete, l.on_complete_version, l.parent_run_id, l.depth, l.requested_at, l.rules,
         l.requested_by, coalesce(l.start_at, l.requested_at)
       FROM ${table(lists.rows)} AS l (gate, id, workflow, workflow_version, parameters, item_parameter, total,
         start_at, interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, rules, requested_by)
       JOIN appended a ON a.run_id = l.gate
       RETURNING id)`,
      `new_counts AS (INSERT INTO nightshift.list_counts (list_id) SELECT id FROM new_lists)`,
      `new_chunks AS (
       INSERT INTO nightshift.list_chunks (list_id, first_index, items)
       SELECT c.list_id, c.first_index, c.items
       FROM ${table(lists.chunks)} AS c (gate, list_id, first_index, items) JOIN appended a ON a.run_id = c.gate)`,
    );
    if (lists.turns) {
      add(
        'turns',
        `new_turns AS (
       INSERT INTO nightshift.list_turns (list_id, key, index, state)
       SELECT t.list_id, t.key, t.index, t.state
       FROM ${table(lists.turns)} AS t (gate, list_id, key, index, state) JOIN appended a ON a.run_id = t.gate)`,
      );
    }
  }

  const appended =
    has.has('items') || has.has('called')
      ? `SELECT a.run_id, CASE WHEN m.finished_at IS NOT NULL THEN m.list_id END AS list_id,
         CASE WHEN m.finished_at IS NOT NULL THEN m.caller_id END AS caller_id, false AS is_gated
       FROM appended a LEFT JOIN moved m ON m.id = a.run_id`
      : 'SELECT run_id, NULL::uuid AS list_id, NULL::uuid AS caller_id, false AS is_gated FROM appended';
  const gated = has.has('runs') ? ' UNION ALL SELECT run_id, NULL, NULL, true FROM queued' : '';
  const answer = `${appended}${gated}`;
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
       RETURNING r.id, r.workflow, r.status, r.finished_at, r.due_at, r.list_id,
         CASE WHEN r.parent_waits THEN r.parent_id END AS caller_id, r.retries${isPlain ? '' : freeAnswers})`;
};

/** A paused run stays paused, also when its executor only now records that it started, except when it is resumed or ends. */
const KEEPS_PAUSE = `(m.status IS NULL OR m.status IN ('awake', 'resting', 'running', 'rescheduled'))`;
const IS_LATER = `r.started_at IS NULL AND coalesce(m.due_at, r.due_at) > m.at`;

const STANDS_IN_QUEUE = `EXISTS (
             SELECT FROM nightshift.flow_runs q WHERE q.run_id = r.id AND q.admitted_at IS NULL AND q.ended_at IS NULL)`;

/** It would be ready now, but is let go by its workflow's flow, or when that is not held any more. */
const IS_HELD_BACK = `(m.is_retried OR m.status IN ('resumed', 'rescheduled') AND r.started_at IS NULL)
             AND (${isGated('r')} OR ${STANDS_IN_QUEUE})`;

/** `is_gated`: it comes into the queue of its workflow with this. */
const freeAnswers = `, m.is_retried, coalesce(m.status = 'rescheduled', false) AS is_rescheduled, r.chain_id, m.next_version,
         r.finished_at IS NULL AND (m.is_retried OR r.status = 'queued' AND m.status IN ('resumed', 'rescheduled'))
           AND ${isGated('r')} AND NOT ${STANDS_IN_QUEUE} AS is_gated`;

const freeMoves = `status = CASE
           WHEN m.status IS NULL OR r.status = 'paused' AND ${KEEPS_PAUSE} THEN r.status
           WHEN m.status = 'resting' THEN 'waiting'
           WHEN m.status IN ('resumed', 'rescheduled') AND ${IS_LATER} THEN 'scheduled'
           WHEN m.status IN ('awake', 'resumed', 'rescheduled') THEN CASE WHEN r.started_at IS NULL THEN 'queued' ELSE 'running' END
           ELSE m.status END,
         paused_at = CASE WHEN ${KEEPS_PAUSE} THEN r.paused_at WHEN m.status = 'paused' THEN m.at END,
         held_by = CASE WHEN ${KEEPS_PAUSE} THEN r.held_by ELSE m.held_by END,
         progress = nightshift.merge_progress(r.progress, m.progress),
         due_at = coalesce(m.due_at, r.due_at),
         retries = r.retries + m.is_retried::int,
         lease_until = CASE
           WHEN m.lease = 'keep' THEN r.lease_until
           WHEN m.status IN ('awake', 'resting', 'rescheduled') AND r.status = 'paused'
             OR m.status IN ('resumed', 'rescheduled') AND ${IS_LATER} THEN NULL
           WHEN ${IS_HELD_BACK} THEN NULL
           WHEN m.lease = 'renew' THEN m.lease_until END`;

/**
 * Counts the ended items of each list. One that is tried again stays counted as failed until it has ended: what is told to be done never falls.
 */
const countParts = (isPlain: boolean): string[] => [
  `counts AS (
       SELECT list_id,
         count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
         count(*) FILTER (WHERE status = 'failed') - count(*) FILTER (WHERE ${ENDED_AGAIN}) AS failed,
         count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
         ${isPlain ? '' : 'count(*) FILTER (WHERE is_retried)'} - count(*) FILTER (WHERE ${ENDED_AGAIN}) AS retrying
       FROM moved WHERE list_id IS NOT NULL AND (finished_at IS NOT NULL${isPlain ? '' : ' OR is_retried'}) GROUP BY list_id)`,
  `locked_counts AS (
       SELECT c.list_id FROM nightshift.list_counts c
       WHERE c.list_id = ANY(ARRAY(SELECT list_id FROM counts)) ORDER BY c.list_id FOR UPDATE)`,
  `counted AS (
       UPDATE nightshift.list_counts t SET
         succeeded = t.succeeded + c.succeeded,
         failed = t.failed + c.failed,
         cancelled = t.cancelled + c.cancelled,
         retrying = t.retrying + c.retrying,
         progress_at = now(),
         ${PACE_MARKS}
       FROM counts c
       WHERE t.list_id = c.list_id AND t.list_id = ANY(ARRAY(SELECT list_id FROM locked_counts)))`,
];

const ENDED_AGAIN = 'finished_at IS NOT NULL AND retries > 0';

/** Each failure of an item, for whoever is to be told of it, and to find it among a million. */
const failuresPart = `failures AS (
       INSERT INTO nightshift.list_failures (list_id, run_id, attempt)
       SELECT list_id, id, retries FROM moved WHERE status = 'failed' AND list_id IS NOT NULL
       ON CONFLICT DO NOTHING)`;

/** A list that had ended goes on with an item that is tried again. Index: primary key. */
const reopenedPart = `reopened AS (
       UPDATE nightshift.lists SET finished_at = NULL
       WHERE finished_at IS NOT NULL AND id = ANY(ARRAY(SELECT list_id FROM moved WHERE is_retried AND list_id IS NOT NULL)))`;
