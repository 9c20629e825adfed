import { signals, type Progress } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { RunFeed } from '../events/run-feed.ts';
import { fingerprintOf, isOver } from './fingerprint.ts';
import type { ReadProgress } from './read-progress.ts';

export interface FollowProgressDeps {
  readProgress: ReadProgress;
  feed: Pick<RunFeed, 'listen'>;
  bus: Pick<Bus, 'subscribe'>;
}

export interface ProgressListener {
  /** A document that says something else than the one before. Must not throw. */
  onProgress: (progress: Progress) => void;
  /** It cannot be read any more; nothing comes after this. */
  onFault: (error: unknown) => void;
}

export interface FollowedProgress {
  /** As it was when the listener began to be told of changes. */
  progress: Progress;
  close(): void;
}

/**
 * Watches progress for everybody who wants to know of its changes: one watch for each id, however many listen. Signals and run events only
 * hasten it: it also looks every two seconds, for what nobody tells of (the steps of a called run, a standstill) and for signals that were
 * lost. No listener is told more than four times a second.
 */
export interface ProgressFollower {
  /** @throws Failure `run.not_found`, `ledger.unavailable` */
  follow(id: string, listener: ProgressListener): Promise<FollowedProgress>;
  readonly count: number;
  close(): void;
}

/** Changes that come together are one: a list that ends thousands of items a second is read a few times. */
const SETTLE_MS = 250;
/** What comes with a first change is read with it. */
const FIRST_MS = 50;
const LOOK_MS = 2_000;

interface Watch {
  /** Undefined: the last listener left in this moment, and the watch with it. */
  add(listener: ProgressListener): (() => void) | undefined;
  look(): Promise<Progress>;
  close(): void;
}

export const makeProgressFollower = ({ readProgress, feed, bus }: FollowProgressDeps): ProgressFollower => {
  const watches = new Map<string, Promise<Watch>>();

  const listenTo = async ({ kind, id }: Progress, onChange: () => void): Promise<{ close(): void }> => {
    if (kind === 'list')
      return bus.subscribe(signals.lists, (body) => {
        if ((body as { listIds?: unknown[] } | null)?.listIds?.includes(id) === true) onChange();
      });
    const key = { by: kind === 'run' ? 'run' : 'chain', values: [id] } as const;
    // Without messages it is slower, and right all the same.
    return feed.listen({ key, onEntry: onChange, onReset: onChange }).catch(() => ({ close: () => {} }));
  };

  const openWatch = async (first: Progress): Promise<Watch> => {
    const { id } = first;
    const listeners = new Set<ProgressListener>();
    let told = fingerprintOf(first);
    let lookedAtMs = 0;
    let looking: Promise<Progress> | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isClosed = false;
    let hasChanged = false;

    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      watches.delete(id);
      listening.close();
    };
    const lookIn = (delayMs: number): void => {
      clearTimeout(timer);
      if (!isClosed) timer = setTimeout(() => void look().catch(() => {}), delayMs);
    };
    const take = (progress: Progress): void => {
      const fingerprint = fingerprintOf(progress);
      if (fingerprint === told) return;
      told = fingerprint;
      for (const { onProgress } of [...listeners]) onProgress(progress);
    };
    const fail = (error: unknown): void => {
      const everybody = [...listeners];
      close();
      for (const { onFault } of everybody) onFault(error);
    };
    const read = async (): Promise<Progress> => {
      lookedAtMs = performance.now();
      hasChanged = false;
      try {
        const progress = await readProgress(id);
        take(progress);
        return progress;
      } catch (error) {
        fail(error);
        throw error;
      } finally {
        looking = undefined;
        lookIn(hasChanged ? SETTLE_MS : LOOK_MS);
      }
    };
    const look = (): Promise<Progress> => (looking ??= read());
    const listening = await listenTo(first, () => {
      if (hasChanged) return;
      hasChanged = true;
      if (!looking) lookIn(Math.max(FIRST_MS, lookedAtMs + SETTLE_MS - performance.now()));
    });

    return {
      add: (listener) => {
        if (isClosed) return undefined;
        listeners.add(listener);
        return () => {
          if (listeners.delete(listener) && listeners.size === 0) close();
        };
      },
      look,
      close,
    };
  };

  const watchOf = (first: Progress): Promise<Watch> => {
    const known = watches.get(first.id);
    if (known) return known;
    const opening = openWatch(first);
    watches.set(first.id, opening);
    opening.catch(() => watches.delete(first.id));
    return opening;
  };

  const join = async (first: Progress, listener: ProgressListener): Promise<{ watch: Watch; leave: () => void }> => {
    for (;;) {
      const watch = await watchOf(first);
      const leave = watch.add(listener);
      if (leave) return { watch, leave };
    }
  };

  return {
    get count() {
      return watches.size;
    },
    follow: async (id, listener) => {
      const first = await readProgress(id);
      if (isOver(first)) return { progress: first, close: () => {} };
      const { watch, leave } = await join(first, listener);
      try {
        // What happened before the watch began was heard of by nobody.
        return { progress: await watch.look(), close: leave };
      } catch (error) {
        leave();
        throw error;
      }
    },
    close: () => {
      for (const watch of watches.values()) watch.then(({ close }) => close()).catch(() => {});
      watches.clear();
    },
  };
};
