import type { Append, RequestedList } from '../append.ts';
import { turnKey } from '../lists/turn-key.ts';
import { columnsOf, type Column } from './append-columns.ts';

/** Items of a list are kept in rows of this many: small enough to read one for a few items, large enough to be few. */
export const LIST_CHUNK_ITEMS = 500;

export interface ListColumns {
  rows: Column[];
  chunks: Column[];
  /** Absent: no list has the order `byKey`. */
  turns?: Column[];
}

/** Lists that come with the appends of a batch; undefined if none does. */
export const listColumns = (batch: readonly Append[]): ListColumns | undefined => {
  const rows = batch.flatMap((append) => (append.lists ?? []).map((list) => ({ gate: append.runId, list })));
  if (rows.length === 0) return undefined;
  const { plain, text } = columnsOf(rows);
  const chunks = rows.flatMap(({ gate, list }) =>
    Array.from({ length: Math.ceil(list.items.length / LIST_CHUNK_ITEMS) }, (_, chunk) => ({
      gate,
      listId: list.listId,
      firstIndex: chunk * LIST_CHUNK_ITEMS,
      items: list.items.slice(chunk * LIST_CHUNK_ITEMS, (chunk + 1) * LIST_CHUNK_ITEMS),
    })),
  );
  const chunk = columnsOf(chunks);
  const turns = rows.flatMap(({ gate, list }) => turnsOf(list).map((turn) => ({ gate, ...turn })));
  const turn = columnsOf(turns);
  return {
    rows: [
      plain('uuid', ({ gate }) => gate),
      plain('uuid', ({ list }) => list.listId),
      text('text', ({ list }) => list.workflow),
      plain('integer', ({ list }) => list.workflowVersion),
      text('json', ({ list }) => JSON.stringify(list.parameters)),
      text('text', ({ list }) => list.itemParameter),
      plain('integer', ({ list }) => list.items.length),
      plain('timestamptz', ({ list }) => list.startAt),
      plain('bigint', ({ list }) => list.intervalMs),
      plain('integer', ({ list }) => list.concurrency),
      text('text', ({ list }) => list.onComplete?.workflow ?? null),
      plain('integer', ({ list }) => list.onComplete?.workflowVersion ?? null),
      plain('uuid', ({ list }) => list.parentRunId),
      plain('integer', ({ list }) => list.depth),
      plain('timestamptz', ({ list }) => list.at),
      text('json', ({ list }) => JSON.stringify(list.rules ?? {})),
      text('json', ({ list }) => (list.requestedBy ? JSON.stringify(list.requestedBy) : null)),
    ],
    chunks: [
      chunk.plain('uuid', ({ gate }) => gate),
      chunk.plain('uuid', ({ listId }) => listId),
      chunk.plain('integer', ({ firstIndex }) => firstIndex),
      chunk.text('json', ({ items }) => JSON.stringify(items)),
    ],
    ...(turns.length > 0 && {
      turns: [
        turn.plain('uuid', ({ gate }) => gate),
        turn.plain('uuid', ({ listId }) => listId),
        turn.plain('uuid', ({ key }) => key),
        turn.plain('integer', ({ index }) => index),
        turn.plain('text', ({ state }) => state),
      ],
    }),
  };
};

/** Whose turn it is: the first item of each key is ready, those after it are blocked. */
const turnsOf = ({ listId, keys = [] }: RequestedList) => {
  const seen = new Set<string>();
  return keys.map((name, index) => {
    const key = turnKey(name);
    const state = seen.has(key) ? 'blocked' : 'ready';
    seen.add(key);
    return { listId, key, index, state };
  });
};
