import { Failure, type ListPace } from '@nightshift/contracts';
import type pg from 'pg';
import type { ChangedRun } from '../control/control.ts';
import type { Database } from '../database.ts';
import { itemRunId } from '../run-id.ts';
import { dropRest, reachOf } from './drop-rest.ts';
import { readCounts } from './hand-out.ts';
import type { ListRow, ListRules } from './list-rules.ts';
import { cancelUnstarted, pauseAll, pauseUnstarted, resumeItems, type ItemRange } from './move-items.ts';
import { leaveTurn } from './turns.ts';

/** What can be changed of a list that is under way. What is absent stays as it is. */
export interface ListChanges {
  pace?: ListPace;
  concurrency?: number | null;
  /** Null: all items start, whatever fails. */
  stopAbovePercent?: number | null;
}

/** What somebody does to a list. Each is one commit, after which it holds for every scheduler. */
export interface ListControl {
  /**
   * No item starts until the list is resumed: also none that was handed out. `isAll`: items that have started are held too. A paused list
   * is paused again. @returns the runs that are held now @throws Failure `list.not_found`, `list.ended`
   */
  pause(listId: string, isAll: boolean): Promise<ChangedRun[]>;
  /** Goes on where it was; runs that were held by somebody else stay so. @throws Failure `list.not_found`, `list.ended`, `list.not_paused` */
  resume(listId: string): Promise<ChangedRun[]>;
  /**
   * Nothing of the list starts any more; what has started goes on.
   * @returns the runs that were cancelled before they started @throws Failure `list.not_found`, `list.ended`
   */
  cancel(listId: string): Promise<ChangedRun[]>;
  /** @throws Failure `list.not_found`, `list.ended` */
  change(listId: string, changes: ListChanges): Promise<void>;
  /**
   * Takes out an item that has not started; one that was taken out stays so. @returns its run, if it had been handed out
   * @throws Failure `list.not_found`, `list.item_not_found`, `list.item_started`, `list.ended`
   */
  skip(listId: string, index: number): Promise<ChangedRun[]>;
}

/** Executors append to the same runs: one of the two loses when both wait for each other, and tries again. */
const ATTEMPTS = 5;
const DEADLOCK = '40P01';

export const makeListControl = (database: Database): ListControl => {
  /** Locks the list's row: hand-outs pass over it, and nobody else changes it meanwhile. Index: primary key. */
  const withList = async <T>(
    listId: string,
    work: (client: pg.ClientBase, list: ListRow) => Promise<T>,
  ): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await database.transaction(async (client) => {
          const { rows } = await client.query<ListRow>({
            name: 'lock-list',
            text: 'SELECT * FROM nightshift.lists WHERE id = $1 FOR UPDATE',
            values: [listId],
          });
          if (!rows[0]) throw new Failure('list.not_found', { detail: `There is no list ${listId}` });
          return work(client, rows[0]);
        });
      } catch (error) {
        if (attempt === ATTEMPTS || !isDeadlock(error)) throw error;
      }
    }
  };

  return {
    pause: (listId, isAll) =>
      withList(listId, async (client, list) => {
        assertOpen(list);
        const now = new Date();
        await client.query('UPDATE nightshift.lists SET paused_at = coalesce(paused_at, $2) WHERE id = $1', [
          listId,
          now,
        ]);
        return (isAll ? pauseAll : pauseUnstarted)(client, handedOut(list), now);
      }),

    resume: (listId) =>
      withList(listId, async (client, list) => {
        assertOpen(list);
        if (list.paused_at === null) throw new Failure('list.not_paused', { detail: `List ${listId} is not paused` });
        await client.query('UPDATE nightshift.lists SET paused_at = NULL WHERE id = $1', [listId]);
        return resumeItems(client, handedOut(list), new Date());
      }),

    cancel: (listId) =>
      withList(listId, async (client, list) => {
        assertOpen(list);
        const counts = await readCounts(client, listId);
        return dropRest(client, list, counts, { endsAs: 'cancelled', message: null, now: new Date() });
      }),

    change: (listId, changes) =>
      withList(listId, async (client, list) => {
        assertOpen(list);
        const { intervalMs, rules, nextStartAt } = changed(list, changes, new Date());
        await client.query(
          `UPDATE nightshift.lists SET interval_ms = $2, concurrency = $3, rules = $4, next_start_at = $5 WHERE id = $1`,
          [
            listId,
            intervalMs,
            changes.concurrency === undefined ? list.concurrency : changes.concurrency,
            JSON.stringify(rules),
            nextStartAt,
          ],
        );
      }),

    skip: (listId, index) =>
      withList(listId, async (client, list) => {
        if (index >= list.total)
          throw new Failure('list.item_not_found', {
            detail: `List ${listId} has ${list.total} items, the first is 0`,
          });
        if (await isSkipped(client, listId, index)) return [];
        assertOpen(list);
        return skipItem(client, list, index);
      }),
  };
};

const isDeadlock = (error: unknown): boolean =>
  error instanceof Failure && (error.cause as { code?: unknown } | undefined)?.code === DEADLOCK;

const assertOpen = (list: ListRow): void => {
  if (list.ends_as === null && list.completed_at === null) return;
  throw new Failure('list.ended', { detail: `List ${list.id} has already ended` });
};

const handedOut = (list: ListRow): ItemRange => ({
  listId: list.id,
  workflow: list.workflow,
  from: 0,
  to: reachOf(list),
});

const changed = (list: ListRow, { pace, stopAbovePercent }: ListChanges, now: Date) => {
  const rules: ListRules = { ...list.rules };
  const oldInterval = Number(list.interval_ms) || 0;
  if (stopAbovePercent === null) delete rules.stopAbovePercent;
  else if (stopAbovePercent !== undefined) rules.stopAbovePercent = stopAbovePercent;
  if (!pace) {
    // What a rate or a gap waits for may be nothing to wait for with another concurrency: the next hand-out finds out.
    const isOnGrid = oldInterval > 0 || list.next_index === 0;
    return { intervalMs: oldInterval || null, rules, nextStartAt: isOnGrid ? list.next_start_at : now };
  }
  delete rules.gapMs;
  delete rules.rate;
  if (pace.gapMs !== null) rules.gapMs = pace.gapMs;
  if (pace.rate !== null) rules.rate = pace.rate;
  return { intervalMs: pace.intervalMs, rules, nextStartAt: nextStart(list, oldInterval, pace.intervalMs ?? 0, now) };
};

/** The new interval counts from the last start, as far as that is known. A list that has not begun begins when it was to. */
const nextStart = (list: ListRow, oldMs: number, newMs: number, now: Date): Date => {
  if (list.next_index === 0) return list.next_start_at;
  const lastMs = oldMs > 0 ? list.next_start_at.getTime() - oldMs : now.getTime() - newMs;
  return new Date(Math.min(lastMs, now.getTime()) + newMs);
};

const isSkipped = async (client: pg.ClientBase, listId: string, index: number): Promise<boolean> => {
  const { rowCount } = await client.query('SELECT FROM nightshift.list_skips WHERE list_id = $1 AND index = $2', [
    listId,
    index,
  ]);
  return rowCount === 1;
};

/** Counts the item as skipped. One whose run is there is ended with it; in the order `byKey` the next of its key has the turn. */
const skipItem = async (client: pg.ClientBase, list: ListRow, index: number): Promise<ChangedRun[]> => {
  const isByKey = list.rules.order === 'byKey';
  const now = new Date();
  const hasRun = await isHandedOut(client, list.id, index);
  const range = { listId: list.id, workflow: list.workflow, from: index, to: index + 1 };
  const ended = hasRun ? await cancelUnstarted(client, range, 'The item was skipped', now) : [];
  if (hasRun && ended.length === 0)
    throw new Failure('list.item_started', { detail: `Item ${index} of list ${list.id} has already started` });
  if (!hasRun && isByKey) await leaveTurn(client, list.id, index);
  await client.query('INSERT INTO nightshift.list_skips (list_id, index) VALUES ($1, $2)', [list.id, index]);
  // What the hand-out has not come to, it passes over when it does; in the order `byKey` it never comes to it.
  const isPassed = hasRun || isByKey;
  await client.query(
    'UPDATE nightshift.lists SET passed_over = passed_over + $2, next_index = next_index + $3 WHERE id = $1',
    [list.id, isPassed ? 1 : 0, isByKey && !hasRun ? 1 : 0],
  );
  await client.query('UPDATE nightshift.list_counts SET skipped = skipped + 1, progress_at = $2 WHERE list_id = $1', [
    list.id,
    now,
  ]);
  return ended;
};

const isHandedOut = async (client: pg.ClientBase, listId: string, index: number): Promise<boolean> => {
  const { rowCount } = await client.query('SELECT FROM nightshift.runs WHERE id = $1', [itemRunId(listId, index)]);
  return rowCount === 1;
};
