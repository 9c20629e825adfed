import type { RunEvent } from '@nightshift/contracts';
import { LEASE_MS } from '../../libs/ledger/src/run-projection.ts';
import { lockStatements } from './memory-locks.ts';
import { setTimer, toIso, toMs, versionOf, type Tables } from './memory-tables.ts';

/** What one prepared statement of the ledger does; its rows, or how many it changed. */
export type Statement = (tables: Tables, values: never) => object[] | number | void;

const open = new Set(['queued', 'running', 'waiting']);

const runStatements = {
  'lock-run': () => {},
  'rest-run': (tables, [runId, version, leaseUntil]: [string, number, string | null]) => {
    const row = tables.runs.get(runId);
    if (!row || !open.has(row.status) || versionOf(tables, runId) !== version) return 0;
    row.status = 'waiting';
    row.leaseUntil = leaseUntil === null ? null : Date.parse(leaseUntil);
    return 1;
  },
  'leave-run': (tables, [runId, leaseUntil]: [string, string]) => {
    const row = tables.runs.get(runId);
    if (row?.status !== 'waiting' || row.leaseUntil !== Date.parse(leaseUntil)) return [];
    row.leaseUntil = null;
    return [row];
  },
  'set-wait-timer': (tables, [runId, dueAt]: [string, string]) => setTimer(tables, runId, 'wait', toMs(dueAt)),
  events: (tables, [runId, after]: [string, number]) =>
    (tables.events.get(runId) ?? []).slice(after).map((event) => ({ ...event, at: new Date(event.at) })),
  'renew-leases': (tables, [runIds, leaseMs]: [string[], number]) => {
    for (const runId of runIds) {
      const row = tables.runs.get(runId);
      if (row?.leaseUntil != null) row.leaseUntil = tables.now() + leaseMs;
    }
  },
  'take-stalled': (tables, [before, limit]: [Date, number]) =>
    [...tables.runs.values()]
      .filter(({ leaseUntil }) => leaseUntil !== null && leaseUntil < toMs(before))
      .slice(0, limit)
      .map((row) => {
        row.leaseUntil = tables.now() + LEASE_MS;
        return { run_id: row.id, version: versionOf(tables, row.id) };
      }),
  'controlled-runs': (tables, [runIds]: [string[]]) =>
    runIds.flatMap((runId) => {
      const row = tables.runs.get(runId);
      if (!row) return [];
      const events = tables.events.get(runId)!;
      const isUndone = events.some(({ type }) => type === 'StepCompensated' || type === 'CompensationFailed');
      return {
        id: runId,
        version: events.length,
        status: row.status,
        workflow: row.workflow,
        list_id: row.listId,
        caller_id: row.parentWaits ? row.parentId : null,
        due_at: row.dueAt === null ? null : new Date(row.dueAt),
        started_at: row.startedAt === null ? null : new Date(row.startedAt),
        waiter: null,
        is_undone: row.status === 'failed' && isUndone,
      };
    }),
  'count-start': (tables, [workflow, now]: [string, Date]) => {
    const minute = `${workflow} ${Math.floor(toMs(now) / 60_000)}`;
    const starts = (tables.starts.get(minute) ?? 0) + 1;
    tables.starts.set(minute, starts);
    return [{ starts }];
  },
} satisfies Record<string, Statement>;

const timerStatements = {
  'upcoming-timers': ({ timers }, [until, limit]: [Date, number]) =>
    [...timers.values()]
      .filter(({ dueAt }) => dueAt < toMs(until))
      .sort((one, other) => one.dueAt - other.dueAt)
      .slice(0, limit)
      .map(({ runId, kind, dueAt }) => ({ run_id: runId, kind, due_at: new Date(dueAt) })),
  'fire-timers': (tables, [runIds, kinds, at]: [string[], string[], Date]) =>
    runIds.flatMap((runId, index) => {
      const key = `${runId} ${kinds[index]}`;
      const timer = tables.timers.get(key);
      const row = tables.runs.get(runId);
      if (!timer || !row || timer.dueAt > toMs(at)) return [];
      tables.timers.delete(key);
      if (row.finishedAt !== null) return [];
      const version = versionOf(tables, runId) + 1;
      const data = { dueAt: toIso(timer.dueAt), lateMs: Math.max(0, toMs(at) - timer.dueAt) };
      tables.events
        .get(runId)!
        .push({ runId, version, type: 'TimerFired', at: toIso(toMs(at)), data } satisfies RunEvent);
      if (row.status === 'paused') return [];
      row.status = row.startedAt === null ? 'queued' : 'running';
      row.leaseUntil = toMs(at) + LEASE_MS;
      const { workflow } = row;
      return [
        { run_id: runId, version, workflow: null, is_gated: null },
        { run_id: runId, version: null, workflow, is_gated: false },
      ];
    }),
} satisfies Record<string, Statement>;

/** The event of a `waitFor` that a run has not had yet. */
const hasHad = (tables: Tables, runId: string, { source, id }: { source: string; id: string }): boolean =>
  (tables.events.get(runId) ?? []).some((event) => {
    if (event.type !== 'EventReceived') return false;
    const had = event.data.event as { id: string; source: string };
    return had.id === id && had.source === source;
  });

type Kept = Tables['outsideEvents'] extends Map<string, infer Row> ? Row : never;

const toEvent = ({ id, source, type, subject, time, data }: Kept): object => ({
  id,
  source,
  type,
  subject,
  time,
  data,
});

const isUnfinished = ({ runs }: Tables, runId: string): boolean => runs.get(runId)?.finishedAt === null;

const eventStatements = {
  'receive-event': (tables, values: [string, string, string, string, string, string]) => {
    const [id, source, type, subject, time, data] = values;
    if (tables.outsideEvents.has(`${source} ${id}`)) return [];
    const event = { id, source, type, subject: subject || null, time, data: JSON.parse(data) as unknown };
    tables.outsideEvents.set(`${source} ${id}`, { ...event, receivedAt: tables.now(), deliveredAt: null });
    return [{ id }];
  },
  'waits-for-events': (tables, [sources, ids]: [string[], string[]]) =>
    sources.flatMap((source, index) => {
      const event = tables.outsideEvents.get(`${source} ${ids[index]}`);
      if (!event || event.deliveredAt !== null) return [];
      return tables.waits
        .filter(({ type, key }) => type === event.type && key === (event.subject ?? ''))
        .filter(({ runId }) => isUnfinished(tables, runId) && !hasHad(tables, runId, event))
        .flatMap((wait) => oldestFor(tables, wait));
    }),
  'events-delivered': (tables, [sources, ids]: [string[], string[]]) =>
    sources.forEach((source, index) => {
      const event = tables.outsideEvents.get(`${source} ${ids[index]}`);
      if (event) event.deliveredAt ??= tables.now();
    }),
  'kept-events': (tables, [runIds]: [string[]]) =>
    tables.waits
      .filter(({ runId }) => runIds.includes(runId) && isUnfinished(tables, runId))
      .flatMap((wait) => oldestFor(tables, wait)),
  'waits-looked-at': (tables, [runIds]: [string[]]) => {
    for (const wait of tables.waits) if (runIds.includes(wait.runId)) wait.lookedAt ??= tables.now();
  },
  'undelivered-events': ({ outsideEvents }, [before, limit]: [Date, number]) =>
    [...outsideEvents.values()]
      .filter(({ deliveredAt, receivedAt }) => deliveredAt === null && receivedAt < toMs(before))
      .slice(0, limit)
      .map(({ source, id }) => ({ source, id })),
  'waits-to-look': ({ waits }, [before, limit]: [Date, number]) =>
    waits
      .filter(({ lookedAt, since }) => lookedAt === null && since < toMs(before))
      .slice(0, limit)
      .map(({ runId }) => ({ run_id: runId })),
} satisfies Record<string, Statement>;

/** The ledger's prepared statements by their names: what is SQL there, on tables in memory. */
export const statements = new Map<string, Statement>(
  Object.entries({ ...runStatements, ...timerStatements, ...eventStatements, ...lockStatements }),
);

/** The first event for a wait that its run has not had. */
const oldestFor = (tables: Tables, { runId, step, type, key }: Tables['waits'][number]) => {
  const oldest = [...tables.outsideEvents.values()]
    .filter((event) => event.type === type && (event.subject ?? '') === key)
    .filter((event) => event.receivedAt >= tables.runs.get(runId)!.requestedAt && !hasHad(tables, runId, event))
    .sort((one, other) => one.receivedAt - other.receivedAt)[0];
  return oldest ? [{ run_id: runId, step, event: toEvent(oldest), version: versionOf(tables, runId) }] : [];
};
