import type { FeedEntry } from './feed-entry.ts';

/** The last entries of the feed, for clients that come back: what all of them missed is read once. */
export interface RecentEntries {
  /** Whether everything after this sequence is here. */
  covers(sequence: number): boolean;
  /** The first entry after a sequence. */
  after(sequence: number): FeedEntry | undefined;
  add(entry: FeedEntry): void;
  /** Begins anew, with nothing, after this sequence. */
  clear(sequence: number): void;
}

/** Smaller, and clients that were away for long each read the stream themselves; larger costs about twice the bytes of memory. */
export const RECENT_MAX = { entries: 10_000, bytes: 8 * 1024 * 1024 } as const;

export const makeRecentEntries = (max: { entries: number; bytes: number } = RECENT_MAX): RecentEntries => {
  let entries: FeedEntry[] = [];
  /** Those before it have gone, though they are still in the array. */
  let first = 0;
  let bytes = 0;
  /** Nothing up to here can be asked for. */
  let floor = Infinity;

  const forget = (): void => {
    const gone = entries[first]!;
    floor = gone.sequence;
    bytes -= gone.text.length;
    first++;
    // Moved together now and then, so that each entry is moved once or less.
    if (first * 2 > entries.length) {
      entries = entries.slice(first);
      first = 0;
    }
  };

  return {
    covers: (sequence) => sequence >= floor,
    after: (sequence) => {
      let [low, high] = [first, entries.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (entries[middle]!.sequence > sequence) high = middle;
        else low = middle + 1;
      }
      return entries[low];
    },
    add: (entry) => {
      entries.push(entry);
      bytes += entry.text.length;
      while (entries.length - first > max.entries || (bytes > max.bytes && entries.length > first)) forget();
    },
    clear: (sequence) => {
      [entries, first, bytes, floor] = [[], 0, 0, sequence];
    },
  };
};
