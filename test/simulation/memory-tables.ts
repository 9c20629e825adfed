import type { Cause, Problem, RunEvent, RunStatus, RunView } from '@nightshift/contracts';
import type { OutsideEvent, RequestedRun } from '@nightshift/ledger';
import { eventsAfterRequest, projectRequest, type RunProgress } from '../../libs/ledger/src/run-projection.ts';

/** A row of `runs`; moments are milliseconds. */
export interface RunRow {
  readonly id: string;
  readonly workflow: string;
  workflowVersion: number;
  status: RunStatus;
  readonly cause: Cause;
  readonly parentId: string | null;
  readonly parentWaits: boolean;
  readonly chainId: string;
  readonly iteration: number;
  readonly depth: number;
  readonly listId: string | null;
  readonly requestedAt: number;
  readonly dueAt: number | null;
  leaseUntil: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  pausedAt: number | null;
  heldBy: string | null;
  progress: RunProgress | null;
  result: unknown;
  problem: Problem | null;
}

export interface LockRow {
  readonly name: string;
  readonly runId: string;
  readonly step: string;
  readonly seq: number;
  leaseMs: number;
  heldUntil: number | null;
  wokenAt: number | null;
}

export interface WaitRow {
  readonly runId: string;
  readonly step: string;
  readonly type: string;
  readonly key: string;
  readonly since: number;
  lookedAt: number | null;
}

/** The ledger's tables, in memory. What is in them outlives every process of the simulation. */
export interface Tables {
  readonly now: () => number;
  readonly runs: Map<string, RunRow>;
  readonly events: Map<string, RunEvent[]>;
  /** By run and kind, joined by a space. */
  readonly timers: Map<string, { runId: string; kind: string; dueAt: number }>;
  locks: LockRow[];
  nextLockSeq: number;
  /** Who lost which lock because its lease ran out: run and name, joined by a space. */
  readonly lapsed: Set<string>;
  /** By source and id, joined by a space. */
  readonly outsideEvents: Map<string, OutsideEvent & { receivedAt: number; deliveredAt: number | null }>;
  waits: WaitRow[];
  readonly starts: Map<string, number>;
}

export const emptyTables = (now: () => number): Tables => ({
  now,
  runs: new Map(),
  events: new Map(),
  timers: new Map(),
  locks: [],
  nextLockSeq: 1,
  lapsed: new Set(),
  outsideEvents: new Map(),
  waits: [],
  starts: new Map(),
});

export const toMs = (moment: Date | string): number => new Date(moment).getTime();
export const toIso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : toIso(ms));
const msOrNull = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));

/** JSON as it comes back from a column: nothing in it is shared with who wrote it. */
export const stored = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

export const versionOf = ({ events }: Tables, runId: string): number => events.get(runId)?.length ?? 0;

/** A new run with its first events. */
export const insertRun = (tables: Tables, run: RequestedRun): void => {
  const { runId, at, requested } = run;
  const after = eventsAfterRequest(run);
  const { pausedAt, leaseUntil, startedAt, ...row } = projectRequest(requested, at, after);
  tables.runs.set(runId, {
    id: runId,
    workflow: requested.workflow,
    workflowVersion: requested.workflowVersion,
    cause: requested.cause,
    parentId: requested.parentRunId ?? null,
    parentWaits: requested.cause.kind === 'call',
    chainId: requested.chainId,
    iteration: requested.iteration,
    depth: requested.depth,
    listId: requested.cause.kind === 'list' ? requested.cause.listId : null,
    requestedAt: Date.parse(at),
    dueAt: msOrNull(requested.dueAt ?? null),
    finishedAt: null,
    result: undefined,
    problem: null,
    ...row,
    pausedAt: msOrNull(pausedAt),
    leaseUntil: msOrNull(leaseUntil),
    startedAt: msOrNull(startedAt),
  });
  const events = [{ type: 'RunRequested' as const, data: requested }, ...after];
  tables.events.set(
    runId,
    events.map((event, index) => stored({ ...event, runId, version: index + 1, at }) as RunEvent),
  );
  if (row.status === 'scheduled') setTimer(tables, runId, 'start', Date.parse(requested.dueAt!));
};

export const setTimer = (tables: Tables, runId: string, kind: string, dueAt: number): void =>
  void tables.timers.set(`${runId} ${kind}`, { runId, kind, dueAt });

export const toView = (row: RunRow): RunView => ({
  id: row.id,
  workflow: row.workflow,
  workflowVersion: row.workflowVersion,
  status: row.status,
  cause: row.cause,
  parentRunId: row.parentId,
  chainId: row.chainId,
  iteration: row.iteration,
  depth: row.depth,
  listId: row.listId,
  dueAt: isoOrNull(row.dueAt),
  requestedAt: toIso(row.requestedAt),
  startedAt: isoOrNull(row.startedAt),
  finishedAt: isoOrNull(row.finishedAt),
  ...(row.result !== undefined && row.result !== null && { result: stored(row.result) }),
  ...(row.problem && { problem: stored(row.problem) }),
});
