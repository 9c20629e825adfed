import type pg from 'pg';
import type { RequestedList } from '../append.ts';
import type { Database } from '../database.ts';
import { plainArray } from '../sql/array-literal.ts';
import { LIST_CHUNK_ITEMS } from '../sql/list-columns.ts';
import { turnKey } from './turn-key.ts';

/** A list, its items given one by one as they arrive. */
export interface AdmitList extends Omit<RequestedList, 'items' | 'keys'> {
  items: Iterable<unknown> | AsyncIterable<unknown>;
  /** In the order `byKey`: the key of each item, asked for once. */
  keyOf?: (item: unknown, index: number) => string | Promise<string>;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Admits a list whole or not at all; one that is there already stays as it is. Locks nothing that others see: the rows become visible together
 * at the end. Who admits the same list in the same moment waits for the first of its keys.
 */
export const admitList = async (database: Database, list: AdmitList): Promise<number> => {
  const before = await totalOf(database, list.listId);
  if (before !== undefined) {
    // Whoever sends the items is not left in the middle.
    for await (const _ of list.items) void _;
    return before;
  }
  try {
    return await database.transaction((client) => insertList(client, list));
  } catch (error) {
    const isThere = (error as { code?: unknown } | null)?.code === UNIQUE_VIOLATION;
    const total = isThere ? await totalOf(database, list.listId) : undefined;
    if (total === undefined) throw error;
    return total;
  }
};

const totalOf = async (database: Database, listId: string): Promise<number | undefined> => {
  const [row] = await database.query<{ total: number }>(
    'list-total',
    'SELECT total FROM nightshift.lists WHERE id = $1',
    [listId],
  );
  return row?.total;
};

const insertList = async (client: pg.ClientBase, list: AdmitList): Promise<number> => {
  const total = await insertChunks(client, list);
  if (list.keyOf) await readyFirsts(client, list.listId);
  await client.query(
    `INSERT INTO nightshift.lists (id, workflow, workflow_version, parameters, item_parameter, total, start_at,
       interval_ms, concurrency, on_complete, on_complete_version, parent_run_id, depth, requested_at, next_start_at, rules,
       requested_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
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
      JSON.stringify(list.rules ?? {}),
      list.requestedBy && JSON.stringify(list.requestedBy),
    ],
  );
  await client.query('INSERT INTO nightshift.list_counts (list_id) VALUES ($1)', [list.listId]);
  return total;
};

const insertChunks = async (client: pg.ClientBase, { listId, items, keyOf }: AdmitList): Promise<number> => {
  let total = 0;
  let chunk: unknown[] = [];
  let keys: string[] = [];
  const write = async (): Promise<void> => {
    await client.query({
      name: 'insert-chunk',
      text: 'INSERT INTO nightshift.list_chunks (list_id, first_index, items) VALUES ($1, $2, $3)',
      values: [listId, total, JSON.stringify(chunk)],
    });
    if (keyOf) await insertTurns(client, listId, total, keys);
    total += chunk.length;
    chunk = [];
    keys = [];
  };
  for await (const item of items) {
    if (keyOf) keys.push(turnKey(await keyOf(item, total + chunk.length)));
    chunk.push(item);
    if (chunk.length === LIST_CHUNK_ITEMS) await write();
  }
  if (chunk.length > 0) await write();
  return total;
};

const insertTurns = async (
  client: pg.ClientBase,
  listId: string,
  from: number,
  keys: readonly string[],
): Promise<void> => {
  await client.query({
    name: 'insert-turns',
    text: `INSERT INTO nightshift.list_turns (list_id, key, index)
      SELECT $1, key, $2 + place - 1 FROM unnest($3::uuid[]) WITH ORDINALITY AS t (key, place)`,
    values: [listId, from, plainArray(keys)],
  });
};

/** The first item of each key is ready. Index: primary key, read in its order. */
const readyFirsts = async (client: pg.ClientBase, listId: string): Promise<void> => {
  await client.query(
    `UPDATE nightshift.list_turns t SET state = 'ready' FROM (
       SELECT DISTINCT ON (key) key, index FROM nightshift.list_turns WHERE list_id = $1 ORDER BY key, index) AS first
     WHERE t.list_id = $1 AND t.key = first.key AND t.index = first.index`,
    [listId],
  );
};
