/**
 * What one client has seen of each run: the feed may bring an event twice, and may have lost one. Remembers the runs that moved last;
 * a run that was forgotten counts as new.
 */
export interface VersionTracker {
  /**
   * `repeat`: seen before. `gap`: events between the last one and this one are missing. `next`: anything else, the first
   * event seen of a run included, whatever its version.
   */
  judge(runId: string, version: number): 'next' | 'repeat' | 'gap';
  /** The last version seen; 0 for a run that is not known. */
  last(runId: string): number;
  saw(runId: string, version: number, isEnd: boolean): void;
  /** Runs that have not ended, as far as was seen; those that moved last come first. */
  underWay(most: number): string[];
}

/** Fewer, and a repeat after a long time gets through; more costs each client about a hundred bytes per run. */
const RUNS_MAX = 10_000;

export const makeVersionTracker = (runsMax = RUNS_MAX): VersionTracker => {
  const seen = new Map<string, { version: number; hasEnded: boolean }>();
  return {
    judge: (runId, version) => {
      const last = seen.get(runId)?.version;
      if (last === undefined || version === last + 1) return 'next';
      return version <= last ? 'repeat' : 'gap';
    },
    last: (runId) => seen.get(runId)?.version ?? 0,
    saw: (runId, version, hasEnded) => {
      // Taken out and put in again, it is the newest: the map's first key is the run that has not moved for longest.
      seen.delete(runId);
      seen.set(runId, { version, hasEnded });
      if (seen.size > runsMax) seen.delete(seen.keys().next().value!);
    },
    underWay: (most) =>
      [...seen]
        .filter(([, { hasEnded }]) => !hasEnded)
        .map(([runId]) => runId)
        .slice(-most)
        .reverse(),
  };
};
