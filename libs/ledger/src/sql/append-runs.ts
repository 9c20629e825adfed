import type { NewRunEvent } from '@nightshift/contracts';
import type { Append, RequestedRun } from '../append.ts';
import { LEASE_INTERVAL, leaseFrom, projectEvents, projectRequest } from '../run-projection.ts';
import { plainArray, textArray } from './array-literal.ts';

/** Items of a list are kept in rows of this many: small enough to read one for a few items, large enough to be few. */
export const LIST_CHUNK_ITEMS = 500;

interface Statement {
  /** Distinct per shape of statement, so that each is prepared once per connection. */
  name: string;
  text: string;
  values: string[];
}

type Column = [sqlType: string, values: string];

/**
 * One statement that appends a batch. Each append has a gate: its run's first new event. The gates are inserted with
 * `ON CONFLICT DO NOTHING` on the key (run_id, version); everything else of an append is written only if its gate was.
 * So a stale writer loses alone, and an append is all or nothing.
 *
 * Locks: the new keys, the rows of the runs that change status, one row of `list_counts` per list with ended items
 * (in order of id, so that two batches cannot wait for each other). Indexes: primary keys only. Every row that is looked up is
 * named by an array as well: joined tables alone could be planned as a scan of the whole table while it is still small,
 * and prepared statements keep their plan.
 */
export const appendStatement = (batch: readonly Append[]): Statement => {
  const events = eventColumns(batch);
  const created = createdRunColumns(batch);
  const moved = movedRunColumns(batch);
  const timers = timerColumns(batch);
  const lists = listColumns(batch);

  const values: string[] = [];
  const table = (columns: Column[]): string =>
    `unnest(${columns.map(([type, literal]) => `$${values.push(literal)}::${type}[]`).join(', ')})`;

  const parts: string[] = [
    `event AS (SELECT * FROM ${table(events)} AS e (gate, is_gate, run_id, version, type, at, data))`,
    `appended AS (
       INSERT INTO nightshift.run_events (run_id, version, type, at, data)
       SELECT run_id, version, type, at, data FROM event WHERE is_gate
       ON CONFLICT (run_id, version) DO NOTHING
       RETURNING run_id)`,
  ];
  const shape = ['append'];

  if (batch.some((append) => append.events.length > 1 || append.runs?.length)) {
    shape.push('more');
    parts.push(`rest AS (
       INSERT INTO nightshift.run_events (run_id, version, type, at, data)
       SELECT e.run_id, e.version, e.type, e.at, e.data
       FROM event e JOIN appended a ON a.run_id = e.gate WHERE NOT e.is_gate)`);
  }
  if (created) {
    shape.push('runs');
    parts.push(`created AS (
       INSERT INTO nightshift.runs (id, workflow, workflow_version, status, cause, parent_id, parent_waits, chain_id,
         iteration, depth, list_id, requested_at, due_at, lease_until)
       SELECT r.id, r.workflow, r.workflow_version, r.status, r.cause, r.parent_id, r.parent_waits, r.chain_id,
         r.iteration, r.depth, r.list_id, r.requested_at, r.due_at, r.lease_until
       FROM ${table(created)} AS r (gate, id, workflow, workflow_version, status, cause, parent_id, parent_waits,
         chain_id, iteration, depth, list_id, requested_at, due_at, lease_until)
       JOIN appended a ON a.run_id = r.gate
       RETURNING id, due_at)`);
    if (batch.some((append) => runsOf(append).some(({ requested }) => requested.dueAt !== undefined))) {
      shape.push('scheduled');
      parts.push(`start_timers AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at)
       SELECT id, 'start', due_at FROM created WHERE due_at IS NOT NULL)`);
    }
  }
  if (moved) {
    shape.push('moved');
    parts.push(
      `moved AS (
       UPDATE nightshift.runs r SET
         status = m.status,
         started_at = coalesce(r.started_at, m.started_at),
         workflow_version = coalesce(m.workflow_version, r.workflow_version),
         finished_at = m.finished_at,
         result = m.result,
         problem = m.problem,
         lease_until = CASE m.lease WHEN 'keep' THEN r.lease_until WHEN 'renew' THEN m.lease_until END
       FROM ${table(moved)} AS m (id, status, started_at, workflow_version, finished_at, result, problem, lease, lease_until)
       WHERE r.id = m.id AND r.id = ANY(ARRAY(SELECT run_id FROM appended))
       RETURNING r.id, r.status, r.finished_at, r.list_id, CASE WHEN r.parent_waits THEN r.parent_id END AS caller_id)`,
    );
    const ending = batch.filter((append) => append.events.some(endsRun));
    if (ending.some(({ startedBy }) => startedBy === undefined || startedBy === 'list')) {
      shape.push('items');
      parts.push(
        `counts AS (
       SELECT list_id,
         count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
         count(*) FILTER (WHERE status = 'failed') AS failed,
         count(*) FILTER (WHERE status = 'cancelled') AS cancelled
       FROM moved WHERE list_id IS NOT NULL AND finished_at IS NOT NULL GROUP BY list_id)`,
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
      );
    }
    if (ending.some(({ startedBy }) => startedBy === undefined || startedBy === 'call')) {
      shape.push('called');
      parts.push(`callers AS (
       UPDATE nightshift.runs p SET status = 'running', lease_until = now() + ${LEASE_INTERVAL}
       WHERE p.status = 'waiting' AND p.id = ANY(ARRAY(
         SELECT caller_id FROM moved WHERE caller_id IS NOT NULL AND finished_at IS NOT NULL)))`);
    }
    if (batch.some((append) => append.events.some((event) => event.type === 'RunCancelled'))) {
      shape.push('cancelled');
      parts.push(`dropped_timers AS (
       DELETE FROM nightshift.timers
       WHERE run_id = ANY(ARRAY(SELECT id FROM moved WHERE status = 'cancelled')))`);
    }
  }
  if (timers) {
    shape.push('timers');
    parts.push(`timed AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at)
       SELECT t.run_id, t.kind, t.due_at
       FROM ${table(timers)} AS t (run_id, kind, due_at) JOIN appended a ON a.run_id = t.run_id
       ON CONFLICT (run_id, kind) DO UPDATE SET due_at = excluded.due_at)`);
  }
  if (lists) {
    shape.push('lists');
    parts.push(
      `new_lists AS (
       INSERT INTO nightshift.lists (id, workflow, workflow_version, parameters, item_parameter, total, start_at,
         interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, next_start_at)
       SELECT l.id, l.workflow, l.workflow_version, l.parameters, l.item_parameter, l.total, l.start_at,
         l.interval_ms, l.concurrency, l.on_complete, l.on_complete_version, l.parent_run_id, l.depth, l.requested_at,
         coalesce(l.start_at, l.requested_at)
       FROM ${table(lists.rows)} AS l (gate, id, workflow, workflow_version, parameters, item_parameter, total,
         start_at, interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at)
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
    shape.includes('items') || shape.includes('called')
      ? `SELECT a.run_id, CASE WHEN m.finished_at IS NOT NULL THEN m.list_id END AS list_id,
         CASE WHEN m.finished_at IS NOT NULL THEN m.caller_id END AS caller_id
       FROM appended a LEFT JOIN moved m ON m.id = a.run_id`
      : 'SELECT run_id, NULL::uuid AS list_id, NULL::uuid AS caller_id FROM appended';
  return { name: shape.join('_'), text: `WITH ${parts.join(',\n     ')}\n     ${answer}`, values };
};

const endsRun = (event: NewRunEvent): boolean =>
  event.type === 'RunSucceeded' || event.type === 'RunFailed' || event.type === 'RunCancelled';

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

const eventColumns = (batch: readonly Append[]): Column[] => {
  const gate: string[] = [];
  const isGate: boolean[] = [];
  const runId: string[] = [];
  const version: number[] = [];
  const type: string[] = [];
  const at: string[] = [];
  const data: string[] = [];
  for (const append of batch) {
    append.events.forEach((event, index) => {
      gate.push(append.runId);
      isGate.push(index === 0);
      runId.push(append.runId);
      version.push(append.expectedVersion + 1 + index);
      type.push(event.type);
      at.push(event.at ?? append.at);
      data.push(JSON.stringify(event.data));
    });
    for (const run of append.runs ?? []) {
      gate.push(append.runId);
      isGate.push(false);
      runId.push(run.runId);
      version.push(1);
      type.push('RunRequested');
      at.push(run.at);
      data.push(JSON.stringify(run.requested));
    }
  }
  return [
    ['uuid', plainArray(gate)],
    ['boolean', plainArray(isGate)],
    ['uuid', plainArray(runId)],
    ['integer', plainArray(version)],
    ['text', plainArray(type)],
    ['timestamptz', plainArray(at)],
    ['json', textArray(data)],
  ];
};

/** The runs that an append brings: those it requests, and its own if its first event is the request. */
const runsOf = (append: Append): RequestedRun[] => {
  const runs = [...(append.runs ?? [])];
  const first = append.events[0];
  if (first?.type === 'RunRequested') runs.push({ runId: append.runId, at: append.at, requested: first.data });
  return runs;
};

const createdRunColumns = (batch: readonly Append[]): Column[] | undefined => {
  const rows = batch.flatMap((append) => runsOf(append).map((run) => ({ gate: append.runId, run })));
  if (rows.length === 0) return undefined;
  return [['uuid', plainArray(rows.map(({ gate }) => gate))], ...runColumns(rows.map(({ run }) => run))];
};

/** The columns of `runs` for new rows, from `id` to `lease_until`. */
export const runColumns = (runs: readonly RequestedRun[]): Column[] => {
  const rows = runs.map((run) => ({ ...run, row: projectRequest(run.requested, run.at) }));
  const { plain, text } = columnsOf(rows);
  return [
    plain('uuid', ({ runId }) => runId),
    text('text', ({ requested }) => requested.workflow),
    plain('integer', ({ requested }) => requested.workflowVersion),
    plain('text', ({ row }) => row.status),
    text('json', ({ requested }) => JSON.stringify(requested.cause)),
    plain('uuid', ({ requested }) => requested.parentRunId ?? null),
    plain('boolean', ({ requested }) => requested.cause.kind === 'call'),
    plain('uuid', ({ runId, requested }) => (requested.chainId === runId ? null : requested.chainId)),
    plain('integer', ({ requested }) => requested.iteration),
    plain('integer', ({ requested }) => requested.depth),
    plain('uuid', ({ requested }) => (requested.cause.kind === 'list' ? requested.cause.listId : null)),
    plain('timestamptz', ({ at }) => at),
    plain('timestamptz', ({ requested }) => requested.dueAt ?? null),
    plain('timestamptz', ({ row }) => row.leaseUntil),
  ];
};

const movedRunColumns = (batch: readonly Append[]): Column[] | undefined => {
  const rows = batch.flatMap((append) => {
    if (append.expectedVersion === 0) return [];
    const patch = projectEvents(append.events, append.at);
    return patch ? [{ append, patch }] : [];
  });
  if (rows.length === 0) return undefined;
  const { plain, text } = columnsOf(rows);
  return [
    plain('uuid', ({ append }) => append.runId),
    plain('text', ({ patch }) => patch.status),
    plain('timestamptz', ({ patch }) => patch.startedAt),
    plain('integer', ({ patch }) => patch.workflowVersion),
    plain('timestamptz', ({ patch }) => patch.finishedAt),
    text('json', ({ patch }) => json(patch.result)),
    text('json', ({ patch }) => json(patch.problem ?? undefined)),
    plain('text', ({ patch }) => patch.lease),
    plain('timestamptz', ({ append, patch }) => (patch.lease === 'renew' ? leaseFrom(append.at) : null)),
  ];
};

const timerColumns = (batch: readonly Append[]): Column[] | undefined => {
  const rows = batch.flatMap(({ runId, timer }) => (timer ? [{ runId, timer }] : []));
  if (rows.length === 0) return undefined;
  const { plain } = columnsOf(rows);
  return [
    plain('uuid', ({ runId }) => runId),
    plain('text', ({ timer }) => timer.kind),
    plain('timestamptz', ({ timer }) => timer.dueAt),
  ];
};

const listColumns = (batch: readonly Append[]): { rows: Column[]; chunks: Column[] } | undefined => {
  const rows = batch.flatMap((append) => (append.lists ?? []).map((list) => ({ gate: append.runId, list })));
  if (rows.length === 0) return undefined;
  const { plain, text } = columnsOf(rows);
  const chunks = rows.flatMap(({ gate, list }) =>
    Array.from({ length: Math.ceil(list.items.length / LIST_CHUNK_ITEMS) }, (_, chunk) => ({
      gate,
      listId: list.listId,
      firstIndex: chunk * LIST_CHUNK_ITEMS,
      items: list.items.slice(chunk * LIST_CHUNK_ITEMS, (chunk + 1) * LIST_CHUNK_ITEMS),
    })),
  );
  const chunk = columnsOf(chunks);
  return {
    rows: [
      plain('uuid', ({ gate }) => gate),
      plain('uuid', ({ list }) => list.listId),
      text('text', ({ list }) => list.workflow),
      plain('integer', ({ list }) => list.workflowVersion),
      text('json', ({ list }) => JSON.stringify(list.parameters)),
      text('text', ({ list }) => list.itemParameter),
      plain('integer', ({ list }) => list.items.length),
      plain('timestamptz', ({ list }) => list.startAt),
      plain('bigint', ({ list }) => list.intervalMs),
      plain('integer', ({ list }) => list.concurrency),
      text('text', ({ list }) => list.onComplete?.workflow ?? null),
      plain('integer', ({ list }) => list.onComplete?.workflowVersion ?? null),
      plain('uuid', ({ list }) => list.parentRunId),
      plain('integer', ({ list }) => list.depth),
      plain('timestamptz', ({ list }) => list.at),
    ],
    chunks: [
      chunk.plain('uuid', ({ gate }) => gate),
      chunk.plain('uuid', ({ listId }) => listId),
      chunk.plain('integer', ({ firstIndex }) => firstIndex),
      chunk.text('json', ({ items }) => JSON.stringify(items)),
    ],
  };
};

const columnsOf = <Row>(rows: readonly Row[]) => ({
  plain: (type: string, of: (row: Row) => string | number | boolean | null): Column => [type, plainArray(rows.map(of))],
  text: (type: string, of: (row: Row) => string | null): Column => [type, textArray(rows.map(of))],
});
