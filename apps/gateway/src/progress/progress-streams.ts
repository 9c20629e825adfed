import type { Progress } from '@nightshift/contracts';
import type { ServerResponse } from 'node:http';
import type { Outlet } from '../events/outlet.ts';
import type { OpenSseOutlet } from '../events/sse-outlet.ts';
import { fingerprintOf, isOver } from './fingerprint.ts';
import type { ProgressFollower } from './follow-progress.ts';

/** Shorter costs bytes; longer, and proxies take a quiet connection for a dead one. */
const BEAT_MS = 15_000;

/** What a reader is shown of a document. */
export type ShowProgress = (progress: Progress) => object;

/** All connections that get progress documents from this process. */
export interface ProgressStreams {
  readonly count: number;
  /**
   * Sends the document as it is, then each that says something else, and ends after the last one. An event's id tells what was seen: who comes
   * back with it, here or at another gateway, is sent nothing that he knows. False: he knows the last one, so nothing was written.
   * @throws Failure `run.not_found`, `ledger.unavailable` while nothing was written
   */
  open(id: string, lastEventId: string | undefined, response: ServerResponse, show: ShowProgress): Promise<boolean>;
  /** Ends every stream: the clients resume elsewhere. */
  close(): void;
}

interface Stream {
  outlet: Outlet;
  seen: string | undefined;
}

interface ProgressStreamsDeps {
  follower: Pick<ProgressFollower, 'follow'>;
  openSse: OpenSseOutlet;
}

export const makeProgressStreams = ({ follower, openSse }: ProgressStreamsDeps): ProgressStreams => {
  const open = new Set<Stream>();
  const beating = setInterval(() => {
    for (const { outlet, seen } of open) if (seen !== undefined && !outlet.isFull) outlet.mark(seen);
  }, BEAT_MS).unref();

  return {
    get count() {
      return open.size;
    },
    open: async (id, lastEventId, response, show) => {
      // Nothing is written before it is known that there is something to follow; until then changes are not told.
      const opened: { stream?: Stream } = {};
      const send = (progress: Progress): void => {
        const { stream } = opened;
        if (!stream) return;
        const shown = show(progress);
        const fingerprint = fingerprintOf(shown);
        // A reader this slow comes back and is sent the newest document only.
        if (stream.outlet.isFull) return stream.outlet.cut();
        if (fingerprint !== stream.seen) stream.outlet.event('progress', JSON.stringify(shown), fingerprint);
        stream.seen = fingerprint;
        if (isOver(progress)) stream.outlet.end();
      };
      const followed = await follower.follow(id, { onProgress: send, onFault: () => opened.stream?.outlet.cut() });
      if (isOver(followed.progress) && fingerprintOf(show(followed.progress)) === lastEventId) return false;
      const outlet = openSse(response, () => {
        followed.close();
        if (opened.stream) open.delete(opened.stream);
      });
      opened.stream = { outlet, seen: lastEventId };
      open.add(opened.stream);
      send(followed.progress);
      return true;
    },
    close: () => {
      clearInterval(beating);
      for (const { outlet } of open) outlet.end();
    },
  };
};
