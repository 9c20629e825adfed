import type { ListItem, ListItemStatus, Problem } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import { itemIndexOf, itemRunId } from '../run-id.ts';
import { readItems } from './item-runs.ts';
import type { ListRow } from './list-rules.ts';

export interface ItemPage {
  items: ListItem[];
  /** The index from which on the next page begins; null: this was the last. */
  nextIndex: number | null;
}

/** An item that has failed for good, as somebody reads it who looks for the reason. */
export interface FailedItem {
  index: number;
  runId: string;
  item: unknown;
  problem: Problem | null;
  /** The step that failed; null: the run as a whole. */
  step: string | null;
  attempts: number;
}

export interface ListItems {
  /**
   * Items in order of their index, from one on. Of a status that few of very many items have, a page may hold less than its limit, even nothing,
   * though there are more: one call looks at a bounded part of the list.
   */
  items(listId: string, status: ListItemStatus | undefined, limit: number, fromIndex: number): Promise<ItemPage>;
  /** Failed items in order of their index, from one on. */
  failures(listId: string, limit: number, fromIndex: number): Promise<FailedItem[]>;
  /** Ids of the runs of failed items, in order, after one. */
  failedRunIds(listId: string, limit: number, afterId?: string): Promise<string[]>;
}

/** Items that one query reads. */
const WINDOW = 2_000;
/** Queries of one call. */
const WINDOWS = 50;

interface RunRow {
  id: string;
  status: Exclude<ListItemStatus, 'pending' | 'skipped'>;
  retries: number;
  problem: Problem | null;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

export const makeListItems = (database: Database): ListItems => {
  /** Items of one window, without their values. Indexes: the primary keys of runs and list_skips, over a range each. */
  const readWindow = async (list: ListRow, from: number, to: number): Promise<Omit<ListItem, 'item'>[]> => {
    const [runs, skips] = await Promise.all([
      database.query<RunRow & object>(
        'list-item-runs',
        `SELECT id, status, retries, problem FROM nightshift.runs WHERE id BETWEEN $2 AND $3 AND list_id = $1 ORDER BY id`,
        [list.id, itemRunId(list.id, from), itemRunId(list.id, to - 1)],
      ),
      database.query<{ index: number }>(
        'list-item-skips',
        'SELECT index FROM nightshift.list_skips WHERE list_id = $1 AND index >= $2 AND index < $3',
        [list.id, from, to],
      ),
    ]);
    const started = new Map(runs.map((run) => [itemIndexOf(run.id), run]));
    const skipped = new Set(skips.map(({ index }) => index));
    return Array.from({ length: to - from }, (_, offset) => {
      const index = from + offset;
      return itemOf(index, started.get(index), skipped.has(index), list.ends_as !== null);
    });
  };

  const failures: ListItems['failures'] = async (listId, limit, fromIndex) => {
    const rows = await database.query<FailureRow & object>(
      'list-failed-items',
      `SELECT r.id, r.problem, r.retries,
         (SELECT e.data -> 'item' FROM nightshift.run_events e WHERE e.run_id = r.id AND e.version = 1) AS item,
         (SELECT e.data ->> 'step' FROM nightshift.run_events e
          WHERE e.run_id = r.id AND e.type = 'StepFailed' AND e.data ->> 'handledBy' IS NULL ORDER BY e.version DESC LIMIT 1) AS step
       FROM nightshift.list_failures f JOIN nightshift.runs r ON r.id = f.run_id
       WHERE f.list_id = $1 AND f.run_id >= $2 AND r.status = 'failed' AND f.attempt = r.retries ORDER BY f.run_id LIMIT $3`,
      [listId, itemRunId(listId, fromIndex), limit],
    );
    return rows.map(({ id, problem, retries, item, step }) => ({
      index: itemIndexOf(id),
      runId: id,
      item,
      problem,
      step,
      attempts: retries + 1,
    }));
  };

  const failedPage = async (listId: string, limit: number, fromIndex: number): Promise<ItemPage> => {
    const found = await failures(listId, limit + 1, fromIndex);
    return {
      items: found.slice(0, limit).map(({ index, runId, item, problem, attempts }) => ({
        index,
        item,
        status: 'failed',
        runId,
        attempts,
        error: problem,
      })),
      nextIndex: found[limit]?.index ?? null,
    };
  };

  return {
    failures,

    failedRunIds: async (listId, limit, afterId = FIRST_ID) => {
      const rows = await database.query<{ run_id: string }>(
        'list-failed-runs',
        `SELECT f.run_id FROM nightshift.list_failures f JOIN nightshift.runs r ON r.id = f.run_id
         WHERE f.list_id = $1 AND f.run_id > $2 AND r.status = 'failed' AND f.attempt = r.retries ORDER BY f.run_id LIMIT $3`,
        [listId, afterId, limit],
      );
      return rows.map(({ run_id: runId }) => runId);
    },

    items: async (listId, status, limit, fromIndex) => {
      if (status === 'failed') return failedPage(listId, limit, fromIndex);
      const [list] = await database.query<ListRow & object>(
        'list-row',
        'SELECT * FROM nightshift.lists WHERE id = $1',
        [listId],
      );
      if (!list) return { items: [], nextIndex: null };
      const found: Omit<ListItem, 'item'>[] = [];
      let from = startOf(list, status, fromIndex);
      for (let window = 0; window < WINDOWS && found.length <= limit && from < list.total; window++) {
        // Without a status the page is known beforehand.
        const to = Math.min(list.total, from + (status === undefined ? limit + 1 : WINDOW));
        for (const item of await readWindow(list, from, to)) if (fits(item, status)) found.push(item);
        from = to;
      }
      const page = found.slice(0, limit);
      const values = await readItems(
        database.query,
        listId,
        page.map(({ index }) => index),
      );
      const isMore = from < list.total ? from : null;
      return {
        items: page.map((item, place) => ({ ...item, item: values[place] })),
        nextIndex: found[limit]?.index ?? isMore,
      };
    },
  };
};

interface FailureRow {
  id: string;
  problem: Problem | null;
  retries: number;
  item: unknown;
  step: string | null;
}

const fits = (item: Pick<ListItem, 'status'>, status: ListItemStatus | undefined): boolean =>
  status === undefined || item.status === status;

/** What waits for its turn lies behind what was handed out, except in the order `byKey`. */
const startOf = (list: ListRow, status: ListItemStatus | undefined, fromIndex: number): number =>
  status === 'pending' && list.rules.order !== 'byKey' ? Math.max(fromIndex, list.next_index) : fromIndex;

const itemOf = (
  index: number,
  run: RunRow | undefined,
  isSkipped: boolean,
  hasStopped: boolean,
): Omit<ListItem, 'item'> => {
  if (run && !isSkipped)
    return { index, status: run.status, runId: run.id, attempts: run.retries + 1, error: run.problem ?? null };
  const status = isSkipped ? 'skipped' : hasStopped ? 'cancelled' : 'pending';
  return { index, status, runId: run?.id ?? null, attempts: 0, error: null };
};
