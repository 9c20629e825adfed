import type { RunEventData } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedRun } from '../append.ts';
import type { Database } from '../database.ts';
import { appendStatement } from '../sql/append-runs.ts';

/** What became of a schedule that was put under a key. */
export interface PutSchedule {
  /** That of the schedule which holds the key now. */
  runId: string;
  /** As it is now. */
  dueAt: string;
  /** `made`: it is new. `replaced`: one that waited was changed. `kept`: this very schedule was put before. */
  outcome: 'made' | 'replaced' | 'kept';
  /** Of its newest event; the caller dispatches it from there, or wakes the schedulers. */
  version: number;
  /** Whether it starts at once. */
  isReady: boolean;
}

/** A run that waits for its start: it was not due, or is held. */
interface Waiting {
  id: string;
  version: number;
}

/**
 * Puts a schedule under its workflow's key: one that waits there is changed to be like it and keeps its id; otherwise it is admitted.
 *
 * Takes an advisory lock on the key for the length of the transaction, so that of many at once one is first; then locks the rows that the
 * append changes. A run that starts in the same moment has a newer event than was read: then it is looked for anew. Index:
 * schedules_by_key, primary keys.
 */
export const putSchedule = (database: Database, run: RequestedRun, isOnce: boolean): Promise<PutSchedule> =>
  database.transaction(async (client) => {
    const { workflow, key } = run.requested;
    await client.query({
      name: 'lock-key',
      text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 5))',
      values: [JSON.stringify([workflow, key])],
    });
    const before = await findBefore(client, isOnce ? await replacedBy(client, run.runId) : run.runId);
    if (before) return before;
    for (;;) {
      const waiting = await findWaiting(client, workflow, key!);
      const put = waiting ? await replace(client, waiting, run) : await make(client, run);
      if (put === undefined) continue;
      if (isOnce && put.outcome === 'replaced') await rememberReplacing(client, run.runId, put.runId);
      return put;
    }
  });

/** The schedule that a request has changed when it came first, or the one that it makes. Index: primary key. */
const replacedBy = async (client: pg.ClientBase, startId: string): Promise<string> => {
  const { rows } = await client.query<{ run_id: string }>({
    name: 'replaced-by-start',
    text: 'SELECT run_id FROM nightshift.replacing_starts WHERE start_id = $1',
    values: [startId],
  });
  return rows[0]?.run_id ?? startId;
};

const rememberReplacing = async (client: pg.ClientBase, startId: string, runId: string): Promise<void> => {
  await client.query({
    name: 'remember-replacing-start',
    text: 'INSERT INTO nightshift.replacing_starts (start_id, run_id) VALUES ($1, $2)',
    values: [startId, runId],
  });
};

/** Whoever repeats a request derives the same id from it. */
const findBefore = async (client: pg.ClientBase, runId: string): Promise<PutSchedule | undefined> => {
  const { rows } = await client.query<{ due_at: Date; version: number; status: string }>({
    name: 'schedule-before',
    text: `SELECT s.due_at, r.status, (SELECT max(e.version) FROM nightshift.run_events e WHERE e.run_id = s.run_id) AS version
      FROM nightshift.schedules s JOIN nightshift.runs r ON r.id = s.run_id WHERE s.run_id = $1`,
    values: [runId],
  });
  const [row] = rows;
  return (
    row && {
      runId,
      dueAt: row.due_at.toISOString(),
      outcome: 'kept',
      version: row.version,
      isReady: row.status === 'queued',
    }
  );
};

const findWaiting = async (client: pg.ClientBase, workflow: string, key: string): Promise<Waiting | undefined> => {
  const { rows } = await client.query<Waiting>({
    name: 'waiting-schedule',
    text: `SELECT r.id, (SELECT max(e.version) FROM nightshift.run_events e WHERE e.run_id = r.id) AS version
      FROM nightshift.schedules s JOIN nightshift.runs r ON r.id = s.run_id
      WHERE s.key = $2 AND s.workflow = $1 AND s.phase IN ('scheduled', 'paused')
        AND r.status IN ('scheduled', 'paused') AND r.started_at IS NULL
      ORDER BY s.run_id LIMIT 1`,
    values: [workflow, key],
  });
  return rows[0];
};

const replace = async (
  client: pg.ClientBase,
  { id: runId, version }: Waiting,
  { at, requested }: RequestedRun,
): Promise<PutSchedule | undefined> => {
  const { dueAt = at, parameters, workflowVersion, requestedBy } = requested;
  const data: RunEventData<'RunRescheduled'> = {
    dueAt,
    parameters,
    workflowVersion,
    version: requested.version ?? 'pinned',
    // It would act as one user with what another has asked for.
    ...(requestedBy?.user !== undefined && { requestedBy }),
  };
  const append = { runId, expectedVersion: version, events: [{ type: 'RunRescheduled' as const, data }], at };
  const { rowCount } = await client.query(appendStatement([append]));
  if (rowCount === 0) return undefined;
  const { rows } = await client.query<{ status: string }>({
    name: 'schedule-status',
    text: 'SELECT status FROM nightshift.runs WHERE id = $1',
    values: [runId],
  });
  return { runId, dueAt, outcome: 'replaced', version: version + 1, isReady: rows[0]?.status === 'queued' };
};

const make = async (client: pg.ClientBase, run: RequestedRun): Promise<PutSchedule | undefined> => {
  const { runId, at, requested, held } = run;
  const append = { runId, expectedVersion: 0, events: [{ type: 'RunRequested' as const, data: requested }], at };
  const { rowCount } = await client.query(
    appendStatement([
      held ? { ...append, events: [...append.events, { type: 'RunPaused' as const, data: held }] } : append,
    ]),
  );
  if (rowCount === 0) return undefined;
  const { dueAt = at } = requested;
  return { runId, dueAt, outcome: 'made', version: 1, isReady: !held && Date.parse(dueAt) <= Date.parse(at) };
};
