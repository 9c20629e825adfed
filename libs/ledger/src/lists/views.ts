import type { ListInfo, ListStatus, Page } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import { doneOf, endedOf, handedOutOf, paceRulesOf, stopPolicyOf, type CountsRow, type ListRow } from './list-rules.ts';

/** A list as it is told of; times as moments. */
export interface ListView extends Omit<ListInfo, 'requestedAt' | 'finishedAt' | 'progressAt'> {
  requestedAt: Date;
  finishedAt: Date | null;
  progressAt: Date | null;
}

export interface ListFilter {
  workflow?: string;
  status?: ListStatus;
}

export interface ListViews {
  find(listId: string): Promise<ListView | undefined>;
  /** Newest first. `cursor` is a list's id: the page begins after it. */
  search(filter: ListFilter, limit: number, cursor?: string): Promise<Page<ListView>>;
  /** Lists that may have items to hand out, or that may have ended. */
  underWay(limit: number): Promise<{ listId: string; nextDueAt: Date }[]>;
}

type Row = ListRow & CountsRow & { status: ListStatus };

/** What a list is, as everybody sees it: one that ended goes on while items of it are tried again. */
const STATUS = `CASE
  WHEN c.retrying > 0 AND l.paused_at IS NULL THEN 'running'
  WHEN l.ends_as IS NOT NULL THEN l.ends_as
  WHEN l.completed_at IS NOT NULL THEN 'succeeded'
  WHEN l.paused_at IS NOT NULL THEN 'paused'
  ELSE 'running' END`;

const SELECT = `SELECT l.*, ${STATUS} AS status, c.succeeded, c.failed, c.cancelled, c.skipped, c.retrying, c.progress_at
  FROM nightshift.lists l JOIN nightshift.list_counts c ON c.list_id = l.id`;

export const makeListViews = (database: Database): ListViews => ({
  // Indexes: primary keys.
  find: async (listId) => {
    const [row] = await database.query<Row & object>('list-view', `${SELECT} WHERE l.id = $1`, [listId]);
    return row && toView(row);
  },

  // Indexes: lists_by_workflow, otherwise the primary key, both read backwards.
  search: async ({ workflow, status }, limit, cursor) => {
    const rows = await database.query<Row & object>(
      workflow === undefined ? 'search-lists' : 'search-lists-of-workflow',
      `${SELECT} WHERE ${workflow === undefined ? '$1::text IS NULL' : 'l.workflow = $1'}
         AND ($2::text IS NULL OR ${STATUS} = $2) AND l.id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
       ORDER BY l.id DESC LIMIT $4`,
      [workflow ?? null, status ?? null, cursor ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(toView);
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },

  // Index: lists_under_way.
  underWay: async (limit) => {
    const rows = await database.query<{ id: string; next_start_at: Date }>(
      'lists-under-way',
      `SELECT id, next_start_at FROM nightshift.lists WHERE finished_at IS NULL ORDER BY next_start_at LIMIT $1`,
      [limit],
    );
    return rows.map((row) => ({ listId: row.id, nextDueAt: row.next_start_at }));
  },
});

const toView = (row: Row): ListView => ({
  id: row.id,
  workflow: row.workflow,
  status: row.status,
  total: row.total,
  done: doneOf(row, row),
  handedOut: handedOutOf(row),
  inFlight: handedOutOf(row) - endedOf(row),
  succeeded: row.succeeded,
  failed: row.failed,
  skipped: row.skipped,
  cancelled: row.cancelled,
  dropped: row.dropped,
  retrying: row.retrying,
  message: row.message,
  settings: settingsOf(row),
  requestedAt: row.requested_at,
  finishedAt: row.retrying > 0 ? null : row.finished_at,
  progressAt: row.progress_at,
});

const duration = (ms: number): { milliseconds: number } => ({ milliseconds: ms });

/** As they would be sent to have the same list again. */
const settingsOf = (row: Row): ListView['settings'] => {
  const { intervalMs, gapMs, rate, concurrency } = paceRulesOf(row);
  const { order = 'parallel', key, onItemFailed, onProgress } = row.rules;
  const { workflow, workflowVersion: _version, ...every } = onProgress ?? {};
  return {
    order,
    failurePolicy: stopPolicyOf(row.rules),
    ...(Object.keys(row.parameters).length > 0 && { parameters: row.parameters }),
    ...(row.item_parameter !== null && { as: row.item_parameter }),
    ...(row.start_at !== null && { startAt: row.start_at.toISOString() }),
    ...(key !== undefined && { key }),
    ...(intervalMs !== null && { interval: duration(intervalMs) }),
    ...(gapMs !== null && { gap: duration(gapMs) }),
    ...(rate !== null && { rate: { limit: rate.limit, per: duration(rate.perMs) } }),
    ...(concurrency !== null && { concurrency }),
    ...(row.on_complete !== null && { onComplete: row.on_complete }),
    ...(onItemFailed && { onItemFailed: onItemFailed.workflow }),
    ...(workflow !== undefined && { onProgress: { workflow, ...every } }),
  };
};
