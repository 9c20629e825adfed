import type { Ledger } from '@nightshift/ledger';

/** Shorter costs bytes; longer, and proxies take a quiet connection for a dead one. */
export const EVENT_BEAT_MS = 15_000;
/** Each beats once while the wheel turns once: a few at a time, so that nobody waits for thousands of others. */
const SPOKES = 60;

/** A subscription, or a connection, as the wheel sees it. */
export interface Beating {
  /** Whether it reads so slowly that it is left alone. */
  readonly isFull: boolean;
  /** Shows the client that the connection lives. */
  beat(): void;
  /** The run that it follows, if it is a single one, and how much of it the client has seen. */
  readonly run?: { readonly runId: string; readonly version: number } | undefined;
  /** The ledger holds more of that run: the feed may have lost it. */
  fill?(): void;
}

/** Beats for everybody who follows something in this process, with one timer. */
export interface BeatWheel {
  /** Returns what removes it. */
  add(beating: Beating): () => void;
  close(): void;
}

/** Those who follow a single run are looked after as well: whatever the feed has lost of it they get from the ledger, which is asked once for all of them. */
export const makeBeatWheel = ({ ledger, beatMs }: { ledger: Pick<Ledger, 'runs'>; beatMs: number }): BeatWheel => {
  const spokes = Array.from({ length: SPOKES }, () => new Set<Beating>());
  let added = 0;
  let turn = 0;

  const lookAfterRuns = async (spoke: ReadonlySet<Beating>): Promise<void> => {
    const followers = [...spoke].filter(({ run, isFull }) => run !== undefined && !isFull);
    if (followers.length === 0) return;
    const versions = await ledger.runs.versions([...new Set(followers.map(({ run }) => run!.runId))]);
    for (const follower of followers) {
      const { runId, version } = follower.run!;
      if ((versions.get(runId) ?? 0) > version) follower.fill?.();
    }
  };

  const beating = setInterval(() => {
    const spoke = spokes[turn++ % SPOKES]!;
    for (const one of spoke) if (!one.isFull) one.beat();
    // The ledger is away: the next turn looks again.
    lookAfterRuns(spoke).catch(() => {});
  }, beatMs / SPOKES).unref();

  return {
    add: (one) => {
      const spoke = spokes[added++ % SPOKES]!;
      spoke.add(one);
      return () => void spoke.delete(one);
    },
    close: () => clearInterval(beating),
  };
};
