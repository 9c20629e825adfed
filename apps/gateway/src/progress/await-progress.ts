import { isFinal, signals, type Progress } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { fitsRun } from '../events/event-filter.ts';
import type { RunFeed } from '../events/run-feed.ts';
import type { makeReadProgress } from './read-progress.ts';

export interface AwaitProgressDeps {
  readProgress: ReturnType<typeof makeReadProgress>;
  feed: Pick<RunFeed, 'listen'>;
  bus: Pick<Bus, 'subscribe'>;
}

/** Changes that come together are one: a list that ends thousands of items a second has a caller come back a few times. */
const SETTLE_MS = 200;

const isOver = ({ status, inFlight }: Progress): boolean => isFinal(status) && inFlight === 0;

const hasMoved = (before: Progress, now: Progress): boolean =>
  before.status !== now.status ||
  before.done !== now.done ||
  before.inFlight !== now.inFlight ||
  before.iteration !== now.iteration;

/**
 * The progress as soon as it differs from what it was when this was called, or as it is when the time is up.
 * @throws Failure `run.not_found`
 */
export const makeAwaitProgress =
  ({ readProgress, feed, bus }: AwaitProgressDeps) =>
  async (id: string, waitMs: number): Promise<Progress> => {
    const before = await readProgress(id);
    if (isOver(before)) return before;
    const changes = await watch({ feed, bus }, before);
    try {
      // What happened before the watch began was heard of by nobody.
      let now = await readProgress(id);
      const untilMs = performance.now() + waitMs;
      while (!isOver(now) && !hasMoved(before, now) && performance.now() < untilMs) {
        await changes.next(untilMs - performance.now());
        now = await readProgress(id);
      }
      return now;
    } finally {
      changes.close();
    }
  };

interface Changes {
  /** Resolves a little after something has happened, or when the time is up. */
  next(timeoutMs: number): Promise<void>;
  close(): void;
}

const watch = async (
  { feed, bus }: Pick<AwaitProgressDeps, 'feed' | 'bus'>,
  { kind, id }: Progress,
): Promise<Changes> => {
  let hasChanged = false;
  let wake: (() => void) | undefined;
  const changed = (): void => {
    hasChanged = true;
    wake?.();
  };
  const listening =
    kind === 'list'
      ? bus.subscribe(signals.lists, (body) => {
          if ((body as { listIds?: unknown[] } | null)?.listIds?.includes(id) === true) changed();
        })
      : await feed.listen({
          key: kind === 'run' ? { runId: id } : { fits: (event) => fitsRun({ chainId: id }, event) },
          onEntry: changed,
          onReset: changed,
        });

  return {
    next: async (timeoutMs) => {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, hasChanged ? SETTLE_MS : timeoutMs);
        wake = () => {
          clearTimeout(timer);
          timer = setTimeout(resolve, Math.min(SETTLE_MS, timeoutMs));
          wake = undefined;
        };
      });
      wake = undefined;
      hasChanged = false;
      clearTimeout(timer);
    },
    close: () => listening.close(),
  };
};
