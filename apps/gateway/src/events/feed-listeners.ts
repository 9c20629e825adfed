import type { RunFeedEvent } from '@nightshift/contracts';
import type { FeedEntry } from './feed-entry.ts';

/** What a listener follows: one run, which costs the others nothing, or more. */
export type FeedKey = { runId: string } | { fits: (event: RunFeedEvent) => boolean };

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

export const makeFeedListeners = (): FeedListeners => {
  const byRun = new Map<string, Set<FeedListener>>();
  const wide = new Set<FeedListener>();
  let count = 0;

  const groupOf = ({ key }: FeedListener): Set<FeedListener> => {
    if (!('runId' in key)) return wide;
    let group = byRun.get(key.runId);
    if (group === undefined) byRun.set(key.runId, (group = new Set()));
    return group;
  };

  return {
    get isEmpty() {
      return count === 0;
    },
    get count() {
      return count;
    },
    add: (listener) => {
      groupOf(listener).add(listener);
      count++;
      let isThere = true;
      return () => {
        if (!isThere) return;
        isThere = false;
        count--;
        const group = groupOf(listener);
        group.delete(listener);
        if (group.size === 0 && 'runId' in listener.key) byRun.delete(listener.key.runId);
      };
    },
    tell: (entry) => {
      const ofRun = byRun.get(entry.event.runId);
      if (ofRun !== undefined) for (const listener of [...ofRun]) listener.onEntry(entry);
      for (const listener of wide) {
        if ('fits' in listener.key && listener.key.fits(entry.event)) listener.onEntry(entry);
      }
    },
    reset: () => {
      for (const listener of [...wide, ...[...byRun.values()].flatMap((group) => [...group])]) listener.onReset?.();
    },
  };
};
