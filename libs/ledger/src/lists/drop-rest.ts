import type pg from 'pg';
import type { ChangedRun } from '../control/control.ts';
import { skipsAhead, type CountsRow, type ListRow } from './list-rules.ts';
import { cancelUnstarted } from './move-items.ts';

export interface Ending {
  endsAs: 'cancelled' | 'failed';
  message: string | null;
  now: Date;
}

/**
 * Nothing of the list starts any more: what was not handed out is dropped, what was handed out and has not started is cancelled. Within the
 * transaction that has the list's row; the rows that it is given are changed as those in the tables are.
 */
export const dropRest = async (
  client: pg.ClientBase,
  list: ListRow,
  counts: CountsRow,
  { endsAs, message, now }: Ending,
): Promise<ChangedRun[]> => {
  const ahead = skipsAhead(list, counts);
  const handedOut = { listId: list.id, workflow: list.workflow, from: 0, to: reachOf(list) };
  const cancelled = await cancelUnstarted(client, handedOut, message ?? 'The list was cancelled', now);
  const dropped = list.total - list.next_index - ahead;
  await client.query(
    `UPDATE nightshift.lists SET ends_as = $2, message = $3, dropped = $4, next_index = total, passed_over = passed_over + $5
     WHERE id = $1`,
    [list.id, endsAs, message, dropped, ahead],
  );
  Object.assign(list, {
    ends_as: endsAs,
    message,
    dropped,
    next_index: list.total,
    passed_over: list.passed_over + ahead,
  });
  if (cancelled.length > 0) {
    await client.query(
      'UPDATE nightshift.list_counts SET cancelled = cancelled + $2, progress_at = $3 WHERE list_id = $1',
      [list.id, cancelled.length, now],
    );
    counts.cancelled += cancelled.length;
  }
  return cancelled;
};

/** No item from this index on has been handed out. In the order `byKey` nobody knows where the last one is. */
export const reachOf = (list: ListRow): number => (list.rules.order === 'byKey' ? list.total : list.next_index);
