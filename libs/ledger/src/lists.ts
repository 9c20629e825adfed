import { Failure, type Caller, type RunRequested } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedList, RequestedRun } from './append.ts';
import type { Database } from './database.ts';
import { derivedId, idTimeMs, itemRunId } from './run-id.ts';
import { LIST_CHUNK_ITEMS } from './sql/append-columns.ts';
import { insertRunsStatement } from './sql/insert-runs.ts';

/** Items that one commit hands out. Larger batches hold the list's row longer; smaller ones cost more commits. */
const HAND_OUT_ITEMS = 500;

/**
 * Items under way at once in a list without a limit of its own. Smaller, and executors run dry between two
 * hand-outs; larger, and one list fills the queue that the runs of others stand in.
 */
const WINDOW_ITEMS = 2_000;

/** Below this interval several items that are due are handed out together; at or above it each start is spaced. */
const SPACED_FROM_MS = 50;

/** A list, its items given one by one as they arrive. */
export interface AdmitList extends Omit<RequestedList, 'items'> {
  items: Iterable<unknown> | AsyncIterable<unknown>;
}

/** How far a list is. Ended items are `succeeded + failed + cancelled`; `dropped` items never started. */
export interface ListView {
  id: string;
  workflow: string;
  status: 'running' | 'succeeded' | 'cancelled';
  total: number;
  handedOut: number;
  dropped: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  requestedAt: Date;
  finishedAt: Date | null;
  progressAt: Date | null;
}

export interface HandedOut {
  /** Runs that are ready now: the items, and the `onComplete` run when the list ended. */
  runs: RequestedRun[];
  /** When the next item is due; undefined: when one that is under way ends, or never. */
  nextDueAt: Date | undefined;
}

export interface Lists {
  /**
   * Admits a list whole or not at all, its items read as a stream. One that has been admitted with this id stays as it is.
   * @returns the number of items
   */
  admit(list: AdmitList): Promise<number>;
  find(listId: string): Promise<ListView | undefined>;
  /** Lists that may have items to hand out, or that may have ended. */
  underWay(limit: number): Promise<{ listId: string; nextDueAt: Date }[]>;
  /**
   * Starts as many items as the list's pacing allows, or ends the list after its last item. Undefined when another
   * scheduler is at it or it has ended. The runs are committed: the caller dispatches them.
   */
  handOut(listId: string, now: Date): Promise<HandedOut | undefined>;
  /** No further item starts; those under way go on. @throws Failure `list.not_found`, `list.ended` */
  cancel(listId: string): Promise<ListView>;
}

interface ListRow {
  id: string;
  workflow: string;
  workflow_version: number;
  parameters: Record<string, unknown>;
  item_parameter: string | null;
  total: number;
  next_index: number;
  next_start_at: Date;
  interval_ms: string | null;
  concurrency: number | null;
  on_complete: string | null;
  on_complete_version: number | null;
  parent_run_id: string | null;
  depth: number;
  requested_by: Caller | null;
}

interface CountsRow {
  succeeded: number;
  failed: number;
  cancelled: number;
}

export const makeLists = (database: Database): Lists => {
  const find = async (listId: string): Promise<ListView | undefined> => {
    const [row] = await database.query<ViewRow>(
      'list-view',
      `SELECT l.id, l.workflow, l.status, l.total, l.next_index - l.dropped AS handed_out, l.dropped, l.requested_at,
         l.finished_at, c.succeeded, c.failed, c.cancelled, c.progress_at
       FROM nightshift.lists l JOIN nightshift.list_counts c ON c.list_id = l.id WHERE l.id = $1`,
      [listId],
    );
    return row && toView(row);
  };

  return {
    find,

    // Locks nothing that others see: the rows become visible together at the end.
    admit: (list) =>
      database.transaction(async (client) => {
        const before = await admittedBefore(client, list);
        if (before !== undefined) return before;
        const total = await insertChunks(client, list);
        await client.query(
          `INSERT INTO nightshift.lists (id, workflow, workflow_version, parameters, item_parameter, total, start_at,
             interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, next_start_at, requested_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
          [
            list.listId,
            list.workflow,
            list.workflowVersion,
            JSON.stringify(list.parameters),
            list.itemParameter,
            total,
            list.startAt,
            list.intervalMs,
            list.concurrency,
            list.onComplete?.workflow,
            list.onComplete?.workflowVersion,
            list.parentRunId,
            list.depth,
            list.at,
            list.startAt ?? list.at,
            list.requestedBy && JSON.stringify(list.requestedBy),
          ],
        );
        await client.query('INSERT INTO nightshift.list_counts (list_id) VALUES ($1)', [list.listId]);
        return total;
      }),

    // Index: lists_under_way.
    underWay: async (limit) => {
      const rows = await database.query<{ id: string; next_start_at: Date }>(
        'lists-under-way',
        `SELECT id, next_start_at FROM nightshift.lists WHERE finished_at IS NULL ORDER BY next_start_at LIMIT $1`,
        [limit],
      );
      return rows.map((row) => ({ listId: row.id, nextDueAt: row.next_start_at }));
    },

    // Locks the list's row for the length of the transaction; another scheduler passes over it.
    handOut: (listId, now) =>
      database.transaction(async (client) => {
        const { rows } = await client.query<ListRow>({
          name: 'lock-list',
          text: 'SELECT * FROM nightshift.lists WHERE id = $1 AND finished_at IS NULL FOR UPDATE SKIP LOCKED',
          values: [listId],
        });
        const list = rows[0];
        if (!list) return undefined;
        const counted = await client.query<CountsRow>({
          name: 'list-counts',
          text: 'SELECT succeeded, failed, cancelled FROM nightshift.list_counts WHERE list_id = $1',
          values: [listId],
        });
        const counts = counted.rows[0]!;
        const ended = counts.succeeded + counts.failed + counts.cancelled;
        if (ended === list.total) return { runs: await complete(client, list, counts, now), nextDueAt: undefined };
        return startItems(client, list, ended, now);
      }),

    cancel: (listId) =>
      database.transaction(async (client) => {
        const { rows } = await client.query<{ finished_at: Date | null }>(
          'SELECT finished_at FROM nightshift.lists WHERE id = $1 FOR UPDATE',
          [listId],
        );
        if (!rows[0]) throw new Failure('list.not_found', { detail: `There is no list ${listId}` });
        if (rows[0].finished_at) throw new Failure('list.ended', { detail: `List ${listId} has already ended` });
        const cancelled = await client.query<ViewRow>(
          `UPDATE nightshift.lists l SET status = 'cancelled', finished_at = now(), dropped = total - next_index, next_index = total
           FROM nightshift.list_counts c WHERE l.id = $1 AND c.list_id = l.id
           RETURNING l.id, l.workflow, l.status, l.total, l.next_index - l.dropped AS handed_out, l.dropped,
             l.requested_at, l.finished_at, c.succeeded, c.failed, c.cancelled, c.progress_at`,
          [listId],
        );
        return toView(cancelled.rows[0]!);
      }),
  };
};

/**
 * The total of a list that an earlier attempt at the same request admitted. The items are read all the same: whoever sends them is not
 * left in the middle.
 */
const admittedBefore = async (client: pg.ClientBase, { listId, items }: AdmitList): Promise<number | undefined> => {
  const { rows } = await client.query<{ total: number }>('SELECT total FROM nightshift.lists WHERE id = $1', [listId]);
  if (rows[0]) for await (const _ of items) void _;
  return rows[0]?.total;
};

const insertChunks = async (client: pg.ClientBase, list: AdmitList): Promise<number> => {
  let total = 0;
  let chunk: unknown[] = [];
  const write = async (): Promise<void> => {
    await client.query({
      name: 'insert-chunk',
      text: 'INSERT INTO nightshift.list_chunks (list_id, first_index, items) VALUES ($1, $2, $3)',
      values: [list.listId, total, JSON.stringify(chunk)],
    });
    total += chunk.length;
    chunk = [];
  };
  for await (const item of list.items) {
    chunk.push(item);
    if (chunk.length === LIST_CHUNK_ITEMS) await write();
  }
  if (chunk.length > 0) await write();
  return total;
};

/** How many items may start now, and when the next one may. */
const pace = (list: ListRow, ended: number, now: Date): { start: number; nextStartAt: Date; isTimed: boolean } => {
  const inFlight = list.next_index - ended;
  const room = (list.concurrency ?? WINDOW_ITEMS) - inFlight;
  const most = Math.max(0, Math.min(HAND_OUT_ITEMS, room, list.total - list.next_index));
  const lateMs = now.getTime() - list.next_start_at.getTime();
  if (lateMs < 0) return { start: 0, nextStartAt: list.next_start_at, isTimed: true };
  if (list.interval_ms === null) return { start: most, nextStartAt: list.next_start_at, isTimed: false };
  const interval = Math.max(1, Number(list.interval_ms));
  const due = interval >= SPACED_FROM_MS ? 1 : Math.floor(lateMs / interval) + 1;
  const start = Math.min(most, due);
  // A start that comes late by more than an interval moves the ones after it: starts stay spaced, they never bunch.
  const from = lateMs > interval && interval >= SPACED_FROM_MS ? now.getTime() : list.next_start_at.getTime();
  return { start, nextStartAt: new Date(from + start * interval), isTimed: start === due && start > 0 };
};

const startItems = async (client: pg.ClientBase, list: ListRow, ended: number, now: Date): Promise<HandedOut> => {
  const { start, nextStartAt, isTimed } = pace(list, ended, now);
  const isLast = list.next_index + start >= list.total;
  const nextDueAt = isTimed && !isLast ? nextStartAt : undefined;
  if (start === 0) return { runs: [], nextDueAt };
  const items = await readItems(client, list.id, list.next_index, start);
  const runs = items.map((item, offset) => itemRun(list, list.next_index + offset, item, now));
  await client.query(insertRunsStatement(runs));
  await client.query({
    name: 'advance-list',
    text: 'UPDATE nightshift.lists SET next_index = $2, next_start_at = $3 WHERE id = $1',
    values: [list.id, list.next_index + start, nextStartAt],
  });
  const isRoomLeft = start === HAND_OUT_ITEMS && !isLast;
  return { runs, nextDueAt: isRoomLeft ? now : nextDueAt };
};

const readItems = async (client: pg.ClientBase, listId: string, from: number, count: number): Promise<unknown[]> => {
  const firstChunk = from - (from % LIST_CHUNK_ITEMS);
  const { rows } = await client.query<{ items: unknown[] }>({
    name: 'read-chunks',
    text: `SELECT items FROM nightshift.list_chunks
      WHERE list_id = $1 AND first_index >= $2 AND first_index < $3 ORDER BY first_index`,
    values: [listId, firstChunk, from + count],
  });
  return rows.flatMap((row) => row.items).slice(from - firstChunk, from - firstChunk + count);
};

const itemRun = (list: ListRow, index: number, item: unknown, now: Date): RequestedRun => {
  const runId = itemRunId(list.id, index);
  const requested: RunRequested = {
    workflow: list.workflow,
    workflowVersion: list.workflow_version,
    parameters: list.item_parameter ? { ...list.parameters, [list.item_parameter]: item } : list.parameters,
    cause: { kind: 'list', listId: list.id, index },
    chainId: runId,
    iteration: 1,
    depth: list.depth,
    ...(list.parent_run_id && { parentRunId: list.parent_run_id }),
    ...(list.requested_by && { requestedBy: list.requested_by }),
    item,
  };
  return { runId, at: now.toISOString(), requested };
};

/** Ends the list. Under its row's lock, so once; the run's id is derived, so once even then. */
const complete = async (
  client: pg.ClientBase,
  list: ListRow,
  counts: CountsRow,
  now: Date,
): Promise<RequestedRun[]> => {
  await client.query(`UPDATE nightshift.lists SET status = 'succeeded', finished_at = $2 WHERE id = $1`, [
    list.id,
    now,
  ]);
  if (!list.on_complete || !list.on_complete_version) return [];
  const runId = derivedId(idTimeMs(list.id), 'list-completed', list.id);
  const run: RequestedRun = {
    runId,
    at: now.toISOString(),
    requested: {
      workflow: list.on_complete,
      workflowVersion: list.on_complete_version,
      parameters: {
        listId: list.id,
        total: list.total,
        succeeded: counts.succeeded,
        failed: counts.failed,
        cancelled: counts.cancelled,
      },
      cause: { kind: 'listCompleted', listId: list.id },
      chainId: runId,
      iteration: 1,
      depth: list.depth,
      ...(list.parent_run_id && { parentRunId: list.parent_run_id }),
      ...(list.requested_by && { requestedBy: list.requested_by }),
    },
  };
  await client.query(insertRunsStatement([run]));
  return [run];
};

interface ViewRow extends CountsRow {
  id: string;
  workflow: string;
  status: ListView['status'];
  total: number;
  handed_out: number;
  dropped: number;
  requested_at: Date;
  finished_at: Date | null;
  progress_at: Date | null;
}

const toView = (row: ViewRow): ListView => ({
  id: row.id,
  workflow: row.workflow,
  status: row.status,
  total: row.total,
  handedOut: row.handed_out,
  dropped: row.dropped,
  succeeded: row.succeeded,
  failed: row.failed,
  cancelled: row.cancelled,
  requestedAt: row.requested_at,
  finishedAt: row.finished_at,
  progressAt: row.progress_at,
});
