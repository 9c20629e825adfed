import type pg from 'pg';
import { itemRunId } from '../run-id.ts';

/**
 * Whose turn it is in the order `byKey`. Of each key at most one item is ready or started; when it has ended, the next one of its key is ready.
 * What has ended is told by the runs themselves, and looked for among the started items only: a hand-out costs what is under way, not what the list has.
 */

/** Gives the turn of items that have ended to the next of their keys. Index: list_turns_started, the primary key of runs. */
export const passTurns = async (client: pg.ClientBase, listId: string): Promise<void> => {
  const { rows } = await client.query<{ key: string }>({
    name: 'ended-turns',
    text: `DELETE FROM nightshift.list_turns t USING nightshift.runs r
      WHERE t.list_id = $1 AND t.state = 'started' AND r.id = t.run_id AND r.finished_at IS NOT NULL RETURNING t.key`,
    values: [listId],
  });
  if (rows.length > 0)
    await giveTurn(
      client,
      listId,
      rows.map(({ key }) => key),
    );
};

/** The first item of each key is ready. Only for keys of which none is. Index: primary key. */
export const giveTurn = async (client: pg.ClientBase, listId: string, keys: readonly string[]): Promise<void> => {
  await client.query({
    name: 'give-turns',
    text: `UPDATE nightshift.list_turns t SET state = 'ready'
      FROM unnest($2::uuid[]) AS k (key) CROSS JOIN LATERAL (
        SELECT n.index FROM nightshift.list_turns n WHERE n.list_id = $1 AND n.key = k.key ORDER BY n.index LIMIT 1) AS n
      WHERE t.list_id = $1 AND t.key = k.key AND t.index = n.index`,
    values: [listId, keys],
  });
};

/** The first items whose turn it is. Index: list_turns_ready. */
export const readyIndexes = async (client: pg.ClientBase, listId: string, limit: number): Promise<number[]> => {
  const { rows } = await client.query<{ index: number }>({
    name: 'ready-turns',
    text: `SELECT index FROM nightshift.list_turns WHERE list_id = $1 AND state = 'ready' ORDER BY index LIMIT $2`,
    values: [listId, limit],
  });
  return rows.map(({ index }) => index);
};

/** Index: list_turns_ready. */
export const takeTurns = async (client: pg.ClientBase, listId: string, indexes: readonly number[]): Promise<void> => {
  await client.query({
    name: 'take-turns',
    text: `UPDATE nightshift.list_turns t SET state = 'started', run_id = s.run_id
      FROM unnest($2::integer[], $3::uuid[]) AS s (index, run_id)
      WHERE t.list_id = $1 AND t.state = 'ready' AND t.index = s.index`,
    values: [listId, indexes, indexes.map((index) => itemRunId(listId, index))],
  });
};

/** Takes an item that has not started out of its key's row. Reads the list's turns: skipping is rare. False: it is not there. */
export const leaveTurn = async (client: pg.ClientBase, listId: string, index: number): Promise<boolean> => {
  const { rows } = await client.query<{ key: string; state: string }>(
    `DELETE FROM nightshift.list_turns WHERE list_id = $1 AND index = $2 AND state <> 'started' RETURNING key, state`,
    [listId, index],
  );
  const left = rows[0];
  if (left?.state === 'ready') await giveTurn(client, listId, [left.key]);
  return left !== undefined;
};
