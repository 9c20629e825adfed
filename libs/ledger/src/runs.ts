import {
  latenessOf,
  type Cause,
  type EndpointAnswer,
  type Page,
  type RunEvent,
  type RunStatus,
  type RunView,
} from '@nightshift/contracts';
import type { Append, Appended, RequestedRun } from './append.ts';
import type { Database } from './database.ts';
import { RunEntity, type RunRow } from './entities/run.entity.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Locks } from './locks.ts';
import { idsOfMoment } from './run-id.ts';
import { criteriaConditions, hasScheduleCriteria, type ScheduleCriteria } from './schedules/criteria.ts';
import { eventsAfterRequest, LEASE_INTERVAL, leaseFrom } from './run-projection.ts';

export interface RunFilter extends ScheduleCriteria {
  workflow?: string;
  status?: RunStatus;
  listId?: string;
  chainId?: string;
  /** Runs that this run has started itself. */
  parentRunId?: string;
  requestedBefore?: Date;
  requestedAfter?: Date;
}

export interface Runs {
  /** Appends to one run, in a group commit. Who waits for a lock that it releases is woken after it. */
  append(append: Append): Promise<Appended>;
  /**
   * Admits a run. `isNew` false: a run of this id is there already, and nothing was written. `isGated`: it is not ready before its workflow's
   * queue lets it go, and is not to be dispatched.
   * @throws Failure `ledger.unavailable`
   */
  request(run: RequestedRun): Promise<{ isNew: boolean; isGated: boolean }>;
  /** The run's history after a version, oldest first. Empty for an unknown run. */
  events(runId: string, afterVersion?: number): Promise<RunEvent[]>;
  /** How far each of these runs has come; those that nobody knows are not among them. */
  versions(runIds: readonly string[]): Promise<Map<string, number>>;
  find(runId: string): Promise<RunView | undefined>;
  /** What the run has answered whoever called its endpoint; undefined if it has not. */
  answer(runId: string): Promise<EndpointAnswer | undefined>;
  /** Newest first. `cursor` is a run's id: the page begins after it. */
  search(filter: RunFilter, limit: number, cursor?: string): Promise<Page<RunView>>;
  /**
   * Nothing moves the run from now on but what comes from outside: as `rests` of an append, for a run of which nothing new happened.
   * False: it has moved since `version`, or it is not at work.
   */
  rest(runId: string, version: number, rests: NonNullable<Append['rests']>): Promise<boolean>;
  /**
   * Whoever put the run to rest with `looks` has looked in vain: it needs no lease any more. False: it has been woken, or another executor
   * looks since; it is to be looked at again.
   */
  leave(runId: string, looks: string): Promise<boolean>;
  /** Says that these runs are still in somebody's hands: the reconciler leaves them alone for `leaseMs`. */
  renewLeases(runIds: readonly string[], leaseMs: number): Promise<void>;
  /** Takes up to `limit` runs whose lease ended before `before` and gives them a new one. */
  takeStalled(before: Date, limit: number): Promise<{ runId: string; version: number }[]>;
  /** How many runs each guard holds, over all workflows. */
  countHeld(): Promise<Map<string, number>>;
}

interface EventRow {
  version: number;
  type: string;
  at: Date;
  data: unknown;
}

export const makeRuns = (database: Database, commits: GroupCommit, locks: Locks): Runs => ({
  append: async (append) => {
    const appended = await commits.append(append);
    if (appended.outcome === 'conflict' || !append.releases?.length) return appended;
    // The commit stands whatever becomes of this: the scheduler wakes who was forgotten.
    const woken = await locks.wakeNext(append.releases).catch(() => []);
    return woken.length === 0 ? appended : { ...appended, wokenRunIds: woken.map(({ runId }) => runId) };
  },

  request: async (run) => {
    const appended = await commits.append({
      runId: run.runId,
      expectedVersion: 0,
      events: [{ type: 'RunRequested', data: run.requested }, ...eventsAfterRequest(run)],
      at: run.at,
    });
    const isNew = appended.outcome === 'appended';
    return { isNew, isGated: isNew && appended.gatedRunIds?.includes(run.runId) === true };
  },

  // Locks the run's row before it looks at the version: an append that is not committed yet moves the row after this.
  rest: (runId, version, { wakeAt, looks, keepsLocks = false }) =>
    database.transaction(async (client) => {
      await client.query({
        name: 'lock-run',
        text: 'SELECT FROM nightshift.runs WHERE id = $1 FOR UPDATE',
        values: [runId],
      });
      const { rowCount } = await client.query({
        name: 'rest-run',
        text: `UPDATE nightshift.runs SET status = 'waiting', lease_until = $3
          WHERE id = $1 AND status IN ('queued', 'running', 'waiting') AND $2 = (
            SELECT max(version) FROM nightshift.run_events WHERE run_id = $1)`,
        values: [runId, version, looks === undefined ? null : leaseFrom(looks)],
      });
      if (rowCount !== 1) return false;
      if (wakeAt) {
        await client.query({
          name: 'set-wait-timer',
          text: `INSERT INTO nightshift.timers (run_id, kind, due_at, lane)
            SELECT id, 'wait', $2, nightshift.timer_lane(workflow) FROM nightshift.runs WHERE id = $1
            ON CONFLICT (run_id, kind) DO UPDATE SET due_at = excluded.due_at`,
          values: [runId, wakeAt],
        });
      }
      if (keepsLocks) {
        await client.query({
          name: 'keep-locks',
          text: `UPDATE nightshift.locks SET held_until = 'infinity' WHERE run_id = $1 AND held_until > clock_timestamp()`,
          values: [runId],
        });
      }
      return true;
    }),

  // Locks the run's row. Index: primary key.
  leave: async (runId, looks) => {
    const rows = await database.query(
      'leave-run',
      `UPDATE nightshift.runs SET lease_until = NULL WHERE id = $1 AND status = 'waiting' AND lease_until = $2 RETURNING id`,
      [runId, leaseFrom(looks)],
    );
    return rows.length > 0;
  },

  // Index: primary key.
  events: async (runId, afterVersion = 0) => {
    const rows = await database.query<EventRow>(
      'events',
      'SELECT version, type, at, data FROM nightshift.run_events WHERE run_id = $1 AND version > $2 ORDER BY version',
      [runId, afterVersion],
    );
    return rows.map((row) => ({ ...row, runId, at: row.at.toISOString() }) as RunEvent);
  },

  // Index: primary key of the events, one descent for each run.
  versions: async (runIds) => {
    const rows = await database.query<{ id: string; version: number | null }>(
      'run-versions',
      `SELECT id, (SELECT max(version) FROM nightshift.run_events WHERE run_id = id) AS version FROM unnest($1::uuid[]) AS id`,
      [runIds],
    );
    return new Map(rows.flatMap(({ id, version }) => (version === null ? [] : [[id, version] as const])));
  },
  // Index: primary key.
  answer: async (runId) => {
    const [row] = await database.query<{ answer: EndpointAnswer }>(
      'run-answer',
      `SELECT data -> 'answer' AS answer FROM nightshift.run_events
       WHERE run_id = $1 AND type = 'AnswerGiven' ORDER BY version LIMIT 1`,
      [runId],
    );
    return row?.answer;
  },

  find: (runId) =>
    database.read(async (source) => {
      const row = await source.getRepository(RunEntity).findOneBy({ id: runId });
      return row ? toView(row) : undefined;
    }),

  search: (filter, limit, cursor) =>
    database.read(async (source) => {
      const query = source
        .getRepository(RunEntity)
        .createQueryBuilder('run')
        .orderBy('run.id', 'DESC')
        .limit(limit + 1);
      if (filter.workflow) query.andWhere('run.workflow = :workflow', filter);
      if (filter.status) query.andWhere('run.status = :status', filter);
      if (filter.parentRunId) query.andWhere('run.parentId = :parentRunId', filter);
      if (filter.requestedBefore) query.andWhere('run.requestedAt < :requestedBefore', filter);
      if (filter.requestedAfter) query.andWhere('run.requestedAt > :requestedAfter', filter);
      if (filter.chainId) query.andWhere('(run.chainId = :chainId OR run.id = :chainId)', filter);
      if (filter.listId) {
        // The runs of a list are a range of ids (`itemRunId`) and share its time: two keys bound the scan.
        const { first, last } = idsOfMoment(filter.listId);
        query.andWhere('run.listId = :listId AND run.id BETWEEN :first AND :last', { ...filter, first, last });
      }
      if (hasScheduleCriteria(filter)) {
        const values: Record<string, unknown> = {};
        const conditions = criteriaConditions(filter, (value) => {
          const name = `criterion${Object.keys(values).length}`;
          values[name] = value;
          return `:${name}`;
        });
        const fits = ['s.run_id = run.id', ...conditions].join(' AND ');
        query.andWhere(`EXISTS (SELECT FROM nightshift.schedules s WHERE ${fits})`, values);
      } else if (filter.user) query.andWhere(`run.requestedBy ->> 'name' = :user`, filter);
      if (cursor) query.andWhere('run.id < :cursor', { cursor });
      const rows = await query.getMany();
      const items = rows.slice(0, limit).map(toView);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    }),

  renewLeases: async (runIds, leaseMs) => {
    await database.query(
      'renew-leases',
      `UPDATE nightshift.runs SET lease_until = now() + $2 * interval '1 millisecond'
       WHERE id = ANY($1::uuid[]) AND lease_until IS NOT NULL`,
      [runIds, leaseMs],
    );
  },

  // Locks the rows it takes; another reconciler passes over them. Index: runs_to_reconcile.
  takeStalled: async (before, limit) => {
    const rows = await database.query<{ run_id: string; version: number }>(
      'take-stalled',
      `WITH stalled AS (
         SELECT id FROM nightshift.runs WHERE lease_until < $1 ORDER BY lease_until LIMIT $2 FOR UPDATE SKIP LOCKED)
       UPDATE nightshift.runs r SET lease_until = now() + ${LEASE_INTERVAL}
       WHERE r.id = ANY(ARRAY(SELECT id FROM stalled))
       RETURNING r.id AS run_id, (SELECT max(version) FROM nightshift.run_events e WHERE e.run_id = r.id) AS version`,
      [before, limit],
    );
    return rows.map(({ run_id, version }) => ({ runId: run_id, version }));
  },

  // Index: runs_paused.
  countHeld: async () => {
    const rows = await database.query<{ held_by: string; runs: string }>(
      'count-held',
      `SELECT held_by, count(*) AS runs FROM nightshift.runs
       WHERE paused_at IS NOT NULL AND held_by IS NOT NULL AND status = 'paused' GROUP BY held_by`,
    );
    return new Map(rows.map(({ held_by, runs }) => [held_by, Number(runs)]));
  },
});

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const toView = (row: RunRow): RunView => ({
  id: row.id,
  workflow: row.workflow,
  workflowVersion: row.workflowVersion,
  status: row.status,
  cause: row.cause,
  parentRunId: row.parentId,
  chainId: row.chainId ?? row.id,
  iteration: row.iteration,
  depth: row.depth,
  listId: row.listId,
  dueAt: iso(row.dueAt),
  requestedAt: row.requestedAt.toISOString(),
  ...(row.requestedBy && { requestedBy: row.requestedBy }),
  ...(row.requestedBy?.user !== undefined && { user: row.requestedBy.user }),
  startedAt: iso(row.startedAt),
  finishedAt: iso(row.finishedAt),
  ...latenessOf(iso(row.dueAt), iso(row.startedAt)),
  ...(row.heldBy !== null && { heldBy: row.heldBy }),
  ...(row.progress && { progress: row.progress }),
  ...(row.cause.kind === 'replay' && { replayOf: replayOf(row.cause) }),
  ...(row.result !== null && row.result !== undefined && { result: row.result }),
  ...(row.problem && { problem: row.problem }),
});

const replayOf = ({ runId, step }: Extract<Cause, { kind: 'replay' }>): NonNullable<RunView['replayOf']> => ({
  runId,
  ...(step !== undefined && { step }),
});
