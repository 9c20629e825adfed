import type { Progress } from '@nightshift/contracts';
import { isOver } from './fingerprint.ts';
import type { ProgressFollower } from './follow-progress.ts';
import type { ReadProgress } from './read-progress.ts';

export interface AwaitProgressDeps {
  readProgress: ReadProgress;
  follower: Pick<ProgressFollower, 'follow'>;
}

/**
 * The progress as soon as it differs from what it was when this was called, or as it is when the time is up.
 * @throws Failure `run.not_found`, `ledger.unavailable`
 */
export const makeAwaitProgress =
  ({ readProgress, follower }: AwaitProgressDeps) =>
  async (id: string, waitMs: number): Promise<Progress> => {
    const changed = Promise.withResolvers<Progress | undefined>();
    // Whoever is told of a fault may not wait yet.
    changed.promise.catch(() => {});
    const timer = setTimeout(() => changed.resolve(undefined), waitMs);
    let followed: Awaited<ReturnType<ProgressFollower['follow']>> | undefined;
    let isBegun = false;
    try {
      followed = await follower.follow(id, {
        // Others may be told of what this one has not seen yet: its own beginning.
        onProgress: (progress) => isBegun && changed.resolve(progress),
        onFault: changed.reject,
      });
      isBegun = true;
      if (isOver(followed.progress)) return followed.progress;
      return (await changed.promise) ?? (await readProgress(id));
    } finally {
      clearTimeout(timer);
      followed?.close();
    }
  };
