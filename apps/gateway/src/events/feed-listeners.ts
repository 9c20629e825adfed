import type { RunFeedEvent } from '@nightshift/contracts';
import type { FeedEntry } from './feed-entry.ts';

/**
 * What a listener is found by: runs, lists, chains or workflows of these names, which costs nothing while others move; or every event. A listener
 * that is pickier looks itself.
 */
export type FeedKey = { by: 'run' | 'list' | 'chain' | 'workflow'; values: readonly string[] } | 'all';

export interface FeedListener {
  key: FeedKey;
  /** Must not throw, and must not take long: everybody else waits. */
  onEntry: (entry: FeedEntry) => void;
  /** The stream was lost and made again: what was in it and had not been read is gone. */
  onReset?: () => void;
}

/** Who gets what of the feed. */
export interface FeedListeners {
  readonly isEmpty: boolean;
  readonly count: number;
  /** Returns what removes it. */
  add(listener: FeedListener): () => void;
  tell(entry: FeedEntry): void;
  reset(): void;
}

type Index = Map<string, Set<FeedListener>>;

const put = (index: Index, value: string, listener: FeedListener): void => {
  const group = index.get(value);
  if (group === undefined) index.set(value, new Set([listener]));
  else group.add(listener);
};

const take = (index: Index, value: string, listener: FeedListener): void => {
  const group = index.get(value);
  group?.delete(listener);
  if (group?.size === 0) index.delete(value);
};

export const makeFeedListeners = (): FeedListeners => {
  const indexes = { run: new Map(), list: new Map(), chain: new Map(), workflow: new Map() } as Record<
    'run' | 'list' | 'chain' | 'workflow',
    Index
  >;
  const ofAll = new Set<FeedListener>();
  const everybody = new Set<FeedListener>();

  // One that leaves while it is told is not told any more; nobody joins in the middle.
  const tellGroup = (group: Set<FeedListener> | undefined, entry: FeedEntry): void => {
    if (group !== undefined) for (const listener of group) listener.onEntry(entry);
  };
  const tellEach = ({ runId, listId, chainId, workflow }: RunFeedEvent, entry: FeedEntry): void => {
    tellGroup(indexes.run.get(runId), entry);
    if (listId !== undefined) tellGroup(indexes.list.get(listId), entry);
    tellGroup(indexes.chain.get(chainId), entry);
    tellGroup(indexes.workflow.get(workflow), entry);
    tellGroup(ofAll, entry);
  };

  return {
    get isEmpty() {
      return everybody.size === 0;
    },
    get count() {
      return everybody.size;
    },
    add: (listener) => {
      const { key } = listener;
      everybody.add(listener);
      if (key === 'all') ofAll.add(listener);
      else for (const value of key.values) put(indexes[key.by], value, listener);
      return () => {
        if (!everybody.delete(listener)) return;
        if (key === 'all') ofAll.delete(listener);
        else for (const value of key.values) take(indexes[key.by], value, listener);
      };
    },
    tell: (entry) => tellEach(entry.event, entry),
    reset: () => {
      for (const listener of [...everybody]) listener.onReset?.();
    },
  };
};
