import type { RunRequested } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedRun } from '../append.ts';
import { itemRunId } from '../run-id.ts';
import { LIST_CHUNK_ITEMS } from '../sql/list-columns.ts';
import type { ListRow } from './list-rules.ts';

/** Something that runs one query: a connection, or the ledger's pool of them. */
export type Read = <Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) => Promise<Row[]>;

/** Reads on the connection of a transaction. */
export const readOn =
  (client: pg.ClientBase): Read =>
  async (name, text, values) =>
    (await client.query({ name, text, values })).rows;

/** The items at these indexes, in their order. Reads each chunk once. Index: primary key. */
export const readItems = async (read: Read, listId: string, indexes: readonly number[]): Promise<unknown[]> => {
  const chunkOf = (index: number): number => index - (index % LIST_CHUNK_ITEMS);
  const rows = await read<{ first_index: number; items: unknown[] }>(
    'read-chunks',
    'SELECT first_index, items FROM nightshift.list_chunks WHERE list_id = $1 AND first_index = ANY($2::integer[])',
    [listId, [...new Set(indexes.map(chunkOf))]],
  );
  const chunks = new Map(rows.map((row) => [row.first_index, row.items]));
  return indexes.map((index) => chunks.get(chunkOf(index))?.[index % LIST_CHUNK_ITEMS]);
};

/** The run of one item. Its id is derived, so that it can be admitted once only. */
export const itemRun = (list: ListRow, index: number, item: unknown, now: Date): RequestedRun => {
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
