import type { NewRunEvent } from '@nightshift/contracts';
import type { Append, RequestedRun } from '../append.ts';
import { eventsAfterRequest, leaseFrom, projectEvents, projectRequest } from '../run-projection.ts';
import { plainArray, textArray } from './array-literal.ts';

/** A parameter of a statement: one value for each row. */
export type Column = [sqlType: string, values: string];

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

export const eventColumns = (batch: readonly Append[]): Column[] => {
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
      const events: NewRunEvent[] = [{ type: 'RunRequested', data: run.requested }, ...eventsAfterRequest(run)];
      events.forEach((event, index) => {
        gate.push(append.runId);
        isGate.push(false);
        runId.push(run.runId);
        version.push(index + 1);
        type.push(event.type);
        at.push(run.at);
        data.push(JSON.stringify(event.data));
      });
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
export const runsOf = (append: Append): RequestedRun[] => {
  const runs = [...(append.runs ?? [])];
  const { runId, at, events } = append;
  const first = events[0];
  if (first?.type === 'RunRequested') {
    runs.push({ runId, at, requested: first.data, ...(events.length > 1 && { history: events.slice(1) }) });
  }
  return runs;
};

/** Whether a run is further than requested from the beginning. */
const isBegun = ({ held, history }: RequestedRun): boolean => held !== undefined || history !== undefined;

/** Columns of new rows, with their names. */
export interface RunColumns {
  /** From `id` on, without `NEXT_VERSION`. */
  names: string;
  columns: Column[];
  /** Whether some of the runs are further than requested from the beginning. */
  isBegun: boolean;
}

export const createdRunColumns = (batch: readonly Append[]): RunColumns | undefined => {
  const rows = batch.flatMap((append) => runsOf(append).map((run) => ({ gate: append.runId, run })));
  if (rows.length === 0) return undefined;
  const { columns, ...rest } = runColumns(rows.map(({ run }) => run));
  return { ...rest, columns: [['uuid', plainArray(rows.map(({ gate }) => gate))], ...columns] };
};

/** Of a row that `runColumns` gives: the version of the run's next event. */
export const NEXT_VERSION = 'next_version';

const RUN_COLUMNS = `id, workflow, workflow_version, status, cause, parent_id, parent_waits, chain_id, iteration, depth,
         list_id, requested_at, due_at, lease_until, requested_by`;

/** The columns of `runs` for new rows, and `NEXT_VERSION` as the last; those that only a run has that has begun are left out if none has. */
export const runColumns = (runs: readonly RequestedRun[]): RunColumns => {
  const rows = runs.map((run) => ({ ...run, row: projectRequest(run.requested, run.at, eventsAfterRequest(run)) }));
  const { plain, text } = columnsOf(rows);
  const columns = [
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
    text('json', ({ requested }) => json(requested.requestedBy)),
  ];
  const nextVersion = plain('integer', (run) => 2 + eventsAfterRequest(run).length);
  if (!runs.some(isBegun)) return { names: RUN_COLUMNS, columns: [...columns, nextVersion], isBegun: false };
  return {
    isBegun: true,
    names: `${RUN_COLUMNS}, started_at, paused_at, held_by, progress`,
    columns: [
      ...columns,
      plain('timestamptz', ({ row }) => row.startedAt),
      plain('timestamptz', ({ row }) => row.pausedAt),
      text('text', ({ row }) => row.heldBy),
      text('json', ({ row }) => json(row.progress ?? undefined)),
      nextVersion,
    ],
  };
};

export interface MovedRunColumns {
  names: string;
  columns: Column[];
  /** Whether the new status of each row depends on the events alone, and nothing but starts and ends happened. */
  isPlain: boolean;
}

export const movedRunColumns = (batch: readonly Append[]): MovedRunColumns | undefined => {
  const rows = batch.flatMap((append) => {
    if (append.expectedVersion === 0) return [];
    const patch = projectEvents(append.events, append.at, append.rests);
    return patch ? [{ append, patch }] : [];
  });
  if (rows.length === 0) return undefined;
  const { plain, text } = columnsOf(rows);
  const names = 'id, status, started_at, workflow_version, finished_at, result, problem, lease, lease_until';
  const columns = [
    plain('uuid', ({ append }) => append.runId),
    plain('text', ({ patch }) => patch.status),
    plain('timestamptz', ({ patch }) => patch.startedAt),
    plain('integer', ({ patch }) => patch.workflowVersion),
    plain('timestamptz', ({ patch }) => patch.finishedAt),
    text('json', ({ patch }) => json(patch.result)),
    text('json', ({ patch }) => json(patch.problem ?? undefined)),
    plain('text', ({ patch }) => patch.lease),
    plain('timestamptz', ({ append, patch }) =>
      patch.lease === 'renew' ? leaseFrom(append.rests?.looks ?? append.at) : null,
    ),
  ];
  const isPlain = rows.every(({ patch: { status, progress, isRetried } }) => {
    const isDecided = status === 'running' || status === 'succeeded' || status === 'failed' || status === 'cancelled';
    return isDecided && progress === null && !isRetried;
  });
  if (isPlain) return { names, columns, isPlain };
  return {
    names: `${names}, at, next_version, held_by, progress, is_retried, due_at`,
    columns: [
      ...columns,
      plain('timestamptz', ({ append }) => append.at),
      plain('integer', ({ append }) => append.expectedVersion + append.events.length + 1),
      text('text', ({ patch }) => patch.heldBy),
      text('json', ({ patch }) => json(patch.progress ?? undefined)),
      plain('boolean', ({ patch }) => patch.isRetried),
      plain('timestamptz', ({ patch }) => patch.dueAt),
    ],
    isPlain,
  };
};

/** One row for each of what the appends of a batch bring; undefined if none does, as in most batches. */
const rowsOf = <Row>(
  batch: readonly Append[],
  rowsIn: (append: Append) => readonly Row[] | undefined,
): { append: Append; row: Row }[] | undefined => {
  let rows: { append: Append; row: Row }[] | undefined;
  for (const append of batch) for (const row of rowsIn(append) ?? []) (rows ??= []).push({ append, row });
  return rows;
};

/** `run_id, due_at`: when runs that come to rest go on by themselves. */
export const timerColumns = (batch: readonly Append[]): Column[] | undefined => {
  const rows = rowsOf(batch, ({ rests }) => (rests?.wakeAt ? [rests.wakeAt] : undefined));
  if (!rows) return undefined;
  const { plain } = columnsOf(rows);
  return [plain('uuid', ({ append }) => append.runId), plain('timestamptz', ({ row }) => row)];
};

/** `run_id`: runs that rest and keep their locks. */
export const keeperColumns = (batch: readonly Append[]): Column[] | undefined => {
  const keepers = batch.flatMap(({ runId, rests }) => (rests?.keepsLocks ? [runId] : []));
  return keepers.length === 0 ? undefined : [['uuid', plainArray(keepers)]];
};

/** `gate, id, source, type, subject, time, data` */
export const emittedColumns = (batch: readonly Append[]): Column[] | undefined => {
  const rows = rowsOf(batch, ({ emitted }) => emitted);
  if (!rows) return undefined;
  const { plain, text } = columnsOf(rows);
  return [
    plain('uuid', ({ append }) => append.runId),
    text('text', ({ row }) => row.id),
    text('text', ({ row }) => row.source),
    text('text', ({ row }) => row.type),
    text('text', ({ row }) => row.subject ?? ''),
    plain('timestamptz', ({ row }) => row.time),
    text('json', ({ row }) => JSON.stringify(row.data ?? null)),
  ];
};

/** `run_id, step, type, key` */
export const awaitedColumns = (batch: readonly Append[]): Column[] | undefined => {
  // A statement can set a row once: of two waits of one step the later counts.
  const rows = rowsOf(batch, ({ awaits }) => awaits && [...new Map(awaits.map((wait) => [wait.step, wait])).values()]);
  if (!rows) return undefined;
  const { plain, text } = columnsOf(rows);
  return [
    plain('uuid', ({ append }) => append.runId),
    text('text', ({ row }) => row.step),
    text('text', ({ row }) => row.type),
    text('text', ({ row }) => row.key),
  ];
};

/** `run_id, step`: the waits for outside events that are over. `isReceived`: some of the batch's events are such. */
export const endedWaitColumns = (batch: readonly Append[], isReceived: boolean): Column[] | undefined => {
  const rows = rowsOf(batch, ({ events, awaits, givesUp }) => {
    if (!isReceived && !givesUp) return undefined;
    const received = events.flatMap((event) => (event.type === 'EventReceived' ? [event.data.step] : []));
    return [...received, ...(givesUp ?? [])].filter((step) => !awaits?.some((wait) => wait.step === step));
  });
  if (!rows) return undefined;
  const { plain, text } = columnsOf(rows);
  return [plain('uuid', ({ append }) => append.runId), text('text', ({ row }) => row)];
};

/** `run_id, name` */
export const releasedColumns = (batch: readonly Append[]): Column[] | undefined => {
  const rows = rowsOf(batch, ({ releases }) => releases);
  if (!rows) return undefined;
  const { plain, text } = columnsOf(rows);
  return [plain('uuid', ({ append }) => append.runId), text('text', ({ row }) => row)];
};

export const columnsOf = <Row>(rows: readonly Row[]) => ({
  plain: (type: string, of: (row: Row) => string | number | boolean | null): Column => [type, plainArray(rows.map(of))],
  text: (type: string, of: (row: Row) => string | null): Column => [type, textArray(rows.map(of))],
});
