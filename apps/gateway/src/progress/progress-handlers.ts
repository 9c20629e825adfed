import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { RunFeed } from '../events/run-feed.ts';
import type { OpenSseOutlet } from '../events/sse-outlet.ts';
import type { ProgressReaders } from './answer-progress.ts';
import { makeAwaitProgress } from './await-progress.ts';
import { makeProgressFollower } from './follow-progress.ts';
import { makeProgressLinks, type ProgressLinks } from './progress-links.ts';
import { makeProgressStreams } from './progress-streams.ts';
import { makeReadProgress, type ReadProgressDeps } from './read-progress.ts';

export interface ProgressHandlersDeps {
  ledger: Ledger;
  bus: Bus;
  feed: RunFeed;
  openSse: OpenSseOutlet;
  findImport: ReadProgressDeps['findImport'];
  nowMs: () => number;
  linkKey: () => Buffer;
  options: ProgressOptions;
}

/** What a deployment says of progress. */
export interface ProgressOptions {
  /** What is quiet for shorter is never stalled. */
  stalledAfterMs: number;
  /** Where the door is for those who are given links; undefined: where it was asked for the link. */
  publicUrl: string | undefined;
}

export interface ProgressHandlers extends ProgressReaders {
  links: ProgressLinks;
  publicUrl: string | undefined;
  close(): void;
}

export const makeProgressHandlers = ({
  ledger,
  bus,
  feed,
  openSse,
  findImport,
  nowMs,
  linkKey,
  options: { stalledAfterMs, publicUrl },
}: ProgressHandlersDeps): ProgressHandlers => {
  const readProgress = makeReadProgress({ ledger, findImport, nowMs, stalledAfterMs });
  const follower = makeProgressFollower({ readProgress, feed, bus });
  const streams = makeProgressStreams({ follower, openSse });
  return {
    read: readProgress,
    await: makeAwaitProgress({ readProgress, follower }),
    streams,
    links: makeProgressLinks({ readProgress, linkKey, nowMs }),
    publicUrl,
    close: () => {
      streams.close();
      follower.close();
    },
  };
};
