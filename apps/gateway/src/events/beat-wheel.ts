import type { Ledger } from '@nightshift/ledger';
import type { EventSession } from './event-session.ts';
import type { Outlet } from './outlet.ts';

/** Shorter costs bytes; longer, and proxies take a quiet connection for a dead one. */
const BEAT_MS = 15_000;
/** Each beats once while the wheel turns once: a few at a time, so that nobody waits for thousands of others. */
const SPOKES = 60;

/** One subscription as the wheel sees it. */
export interface Beating {
  outlet: Outlet;
  session: EventSession;
}

/** Beats for all subscriptions of this process, with one timer. */
export interface BeatWheel {
  readonly count: number;
  /** Returns what removes it. */
  add(beating: Beating): () => void;
  close(): void;
}

/** Those who follow a single run are looked after as well: whatever the feed has lost of it they get from the ledger, which is asked once for all of them. */
export const makeBeatWheel = ({ ledger }: { ledger: Pick<Ledger, 'runs'> }): BeatWheel => {
  const spokes = Array.from({ length: SPOKES }, () => new Set<Beating>());
  let count = 0;
  let added = 0;
  let turn = 0;

  const lookAfterRuns = async (spoke: ReadonlySet<Beating>): Promise<void> => {
    const followers = [...spoke].filter(({ session, outlet }) => session.run !== undefined && !outlet.isFull);
    if (followers.length === 0) return;
    const versions = await ledger.runs.versions([...new Set(followers.map(({ session }) => session.run!.runId))]);
    for (const { session } of followers) {
      const { runId, version } = session.run!;
      if ((versions.get(runId) ?? 0) > version) session.fill();
    }
  };

  const beating = setInterval(() => {
    const spoke = spokes[turn++ % SPOKES]!;
    for (const { outlet, session } of spoke) if (!outlet.isFull) session.beat();
    // The ledger is away: the next turn looks again.
    lookAfterRuns(spoke).catch(() => {});
  }, BEAT_MS / SPOKES).unref();

  return {
    get count() {
      return count;
    },
    add: (one) => {
      const spoke = spokes[added++ % SPOKES]!;
      spoke.add(one);
      count++;
      return () => {
        if (spoke.delete(one)) count--;
      };
    },
    close: () => clearInterval(beating),
  };
};
