import type { ListStatus } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedRun } from '../append.ts';
import type { ChangedRun } from '../control/control.ts';
import type { Database } from '../database.ts';
import { insertRuns } from '../sql/insert-runs.ts';
import { dropRest } from './drop-rest.ts';
import { completionRun, progressRun, progressStep, tellOfFailures, TOLD_AT_ONCE } from './hooks.ts';
import { itemRun, readItems, readOn } from './item-runs.ts';
import { doneOf, endedOf, handedOutOf, paceRulesOf, skipsAhead, type CountsRow, type ListRow } from './list-rules.ts';
import { HAND_OUT_ITEMS, pace, type Paced } from './pace.ts';
import { passTurns, readyIndexes, takeTurns } from './turns.ts';

export interface HandedOut {
  /** Runs that are ready now: the items, and those that the list starts for itself. */
  runs: RequestedRun[];
  /** Items that had been handed out and were cancelled before they started, because the list stops. */
  cancelled: ChangedRun[];
  /** When the next item is due; undefined: when one that is under way ends, or never. */
  nextDueAt: Date | undefined;
}

/**
 * Does what is due for a list, in one commit: tells of failures, stops it, tells of progress, ends it after its last item, starts items.
 * Locks the list's row for the length of the transaction; another scheduler passes over it.
 */
export const handOutList = (database: Database, listId: string, now: Date): Promise<HandedOut | undefined> =>
  database.transaction(async (client) => {
    const list = await lockUnderWay(client, listId);
    if (!list) return undefined;
    const counts = await readCounts(client, listId);
    const runs = await tellOfFailures(client, list, now);
    const isAllTold = runs.length < TOLD_AT_ONCE;
    const cancelled = await stopIfTooManyFailed(client, list, counts, now);
    const isOver = isAllTold && counts.retrying === 0 && doneOf(list, counts) === list.total;
    const step = progressStep(list, counts);
    if (list.completed_at === null && step > list.progress_step && !(isOver && list.on_complete)) {
      runs.push(progressRun(list, counts, step, now));
      await client.query('UPDATE nightshift.lists SET progress_step = $2 WHERE id = $1', [listId, step]);
    }
    const started = isOver
      ? { runs: await complete(client, list, counts, now), nextDueAt: undefined }
      : await startItems(client, list, counts, now);
    runs.push(...started.runs);
    const requested = runs.length > 0 ? await insertRuns(client, runs) : runs;
    return { runs: requested, cancelled, nextDueAt: isAllTold ? started.nextDueAt : now };
  });

const lockUnderWay = async (client: pg.ClientBase, listId: string): Promise<ListRow | undefined> => {
  const { rows } = await client.query<ListRow>({
    name: 'lock-list-to-hand-out',
    text: 'SELECT * FROM nightshift.lists WHERE id = $1 AND finished_at IS NULL FOR UPDATE SKIP LOCKED',
    values: [listId],
  });
  return rows[0];
};

export const readCounts = async (client: pg.ClientBase, listId: string): Promise<CountsRow> => {
  const { rows } = await client.query<CountsRow>({
    name: 'list-counts',
    text: `SELECT succeeded, failed, cancelled, skipped, retrying, progress_at FROM nightshift.list_counts WHERE list_id = $1`,
    values: [listId],
  });
  return rows[0]!;
};

/** More than the failure policy allows have failed for good: nothing that has not started will. Changes the rows that it is given as well. */
const stopIfTooManyFailed = async (
  client: pg.ClientBase,
  list: ListRow,
  counts: CountsRow,
  now: Date,
): Promise<ChangedRun[]> => {
  const { stopAbovePercent } = list.rules;
  const failed = counts.failed - counts.retrying;
  if (stopAbovePercent === undefined || list.ends_as !== null || failed * 100 <= stopAbovePercent * list.total)
    return [];
  const allowed = stopAbovePercent === 0 ? '' : `, more than ${stopAbovePercent} percent`;
  const message = `Stopped because ${failed} of ${list.total} items failed${allowed}`;
  return dropRest(client, list, counts, { endsAs: 'failed', message, now });
};

/** Ends the list. Under its row's lock, so once; the run's id is derived, so once even then. */
const complete = async (
  client: pg.ClientBase,
  list: ListRow,
  counts: CountsRow,
  now: Date,
): Promise<RequestedRun[]> => {
  const status: ListStatus = list.ends_as ?? 'succeeded';
  await client.query(
    `UPDATE nightshift.lists SET status = $2, finished_at = $3, completed_at = coalesce(completed_at, $3) WHERE id = $1`,
    [list.id, status, now],
  );
  // Who cancels a list wants nothing more of it, and one whose items were retried has told of its end.
  if (status === 'cancelled' || list.completed_at !== null) return [];
  const run = completionRun(list, counts, status, now);
  return run ? [run] : [];
};

const startItems = async (
  client: pg.ClientBase,
  list: ListRow,
  counts: CountsRow,
  now: Date,
): Promise<Pick<HandedOut, 'runs' | 'nextDueAt'>> => {
  if (list.paused_at !== null || list.ends_as !== null) return { runs: [], nextDueAt: undefined };
  const isByKey = list.rules.order === 'byKey';
  if (isByKey) await passTurns(client, list.id);
  const ready = isByKey ? await readyIndexes(client, list.id, HAND_OUT_ITEMS + 1) : undefined;
  const ahead = skipsAhead(list, counts);
  const paced = paceOf(list, counts, ready?.length ?? list.total - list.next_index - ahead, now);
  const indexes = ready?.slice(0, paced.start) ?? (await nextIndexes(client, list, paced.start, ahead));
  if (isByKey && indexes.length > 0) await takeTurns(client, list.id, indexes);
  await advance(client, list, paced, nextIndexAfter(list, indexes));
  const nextDueAt = paced.nextDueMs === undefined ? undefined : new Date(paced.nextDueMs);
  if (indexes.length === 0) return { runs: [], nextDueAt };
  const items = await readItems(readOn(client), list.id, indexes);
  return { runs: indexes.map((index, place) => itemRun(list, index, items[place], now)), nextDueAt };
};

const paceOf = (list: ListRow, counts: CountsRow, left: number, now: Date): Paced => {
  const ended = endedOf(counts);
  return pace({
    rules: paceRulesOf(list),
    memory: list.pace ?? {},
    nextStartMs: list.next_start_at.getTime(),
    nowMs: now.getTime(),
    inFlight: handedOutOf(list) - ended,
    left,
    ended,
    lastEndMs: counts.progress_at?.getTime() ?? null,
  });
};

/** The next items in order, without those that were taken out. Index: the primary key of list_skips. */
const nextIndexes = async (client: pg.ClientBase, list: ListRow, count: number, ahead: number): Promise<number[]> => {
  const from = list.next_index;
  if (count === 0 || ahead === 0) return Array.from({ length: count }, (_, offset) => from + offset);
  const { rows } = await client.query<{ index: number }>({
    name: 'next-indexes',
    text: `SELECT i AS index FROM generate_series($2::integer, $3::integer) AS i
      WHERE NOT EXISTS (SELECT FROM nightshift.list_skips s WHERE s.list_id = $1 AND s.index = i) LIMIT $4`,
    values: [list.id, from, list.total - 1, count],
  });
  return rows.map(({ index }) => index).sort((one, other) => one - other);
};

/** In the order `byKey` a count of items, otherwise the first index that the hand-out has not come to. */
const nextIndexAfter = (list: ListRow, indexes: readonly number[]): { next: number; passedOver: number } => {
  const from = list.next_index;
  if (indexes.length === 0) return { next: from, passedOver: 0 };
  const next = list.rules.order === 'byKey' ? from + indexes.length : indexes.at(-1)! + 1;
  return { next, passedOver: next - from - indexes.length };
};

const advance = async (
  client: pg.ClientBase,
  list: ListRow,
  { start, nextStartMs, memory, nextDueMs }: Paced,
  { next, passedOver }: { next: number; passedOver: number },
): Promise<void> => {
  const hasMemory = memory.started !== undefined || memory.ended !== undefined;
  if (start === 0 && memory.ended === (list.pace?.ended ?? undefined)) return;
  // Found by the look of a scheduler that has heard nothing: not before it is of use.
  const lookedAfterMs = hasMemory && nextDueMs !== undefined ? nextDueMs : nextStartMs;
  await client.query({
    name: 'advance-list',
    text: `UPDATE nightshift.lists SET next_index = $2, next_start_at = $3, passed_over = passed_over + $4, pace = $5 WHERE id = $1`,
    values: [list.id, next, new Date(lookedAfterMs), passedOver, hasMemory ? JSON.stringify(memory) : null],
  });
};
