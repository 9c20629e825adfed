import type { Logger } from '@nightshift/runtime';
import type { ServerResponse } from 'node:http';
import type { Ledger } from '@nightshift/ledger';
import { parsePosition } from './event-position.ts';
import type { EventFilter } from './event-filter.ts';
import { findRunPlace, makeOpenEventSession, type EventSession, type EventSessionDeps } from './event-session.ts';
import type { Outlet } from './outlet.ts';
import { openSseOutlet } from './sse-outlet.ts';

/** Shorter costs bytes; longer, and proxies take a quiet connection for a dead one. */
const BEAT_MS = 15_000;

/** All connections that get events from this process. */
export interface EventStreams {
  readonly count: number;
  /**
   * Opens a stream on the response. False: the run has ended and the client has seen all of it, so nothing was written.
   * @throws Failure `run.not_found`, `list.not_found`, `workflow.not_found`, `messaging.unavailable` while nothing was written
   */
  open(filter: EventFilter, lastEventId: string | undefined, response: ServerResponse): Promise<boolean>;
  /** Ends every stream: the clients resume elsewhere. */
  close(): void;
}

interface EventStreamsDeps extends EventSessionDeps {
  ledger: Pick<Ledger, 'runs'>;
  logger: Logger;
  assertExists: (filter: EventFilter) => Promise<void>;
}

export const makeEventStreams = (deps: EventStreamsDeps): EventStreams => {
  const { ledger, logger, assertExists } = deps;
  const openSession = makeOpenEventSession(deps);
  const open = new Map<Outlet, EventSession | undefined>();

  const beating = setInterval(() => {
    for (const [outlet, session] of open) if (!outlet.isFull) session?.beat();
  }, BEAT_MS).unref();

  return {
    get count() {
      return open.size;
    },
    open: async (filter, lastEventId, response) => {
      const resume = parsePosition(lastEventId);
      const run = await findRunPlace(ledger, filter);
      await assertExists(filter);
      if (run?.hasEnded === true && resume?.version !== undefined) {
        const rest = await ledger.runs.events(run.runId, resume.version);
        if (rest.length === 0) return false;
      }
      let outlet: Outlet | undefined;
      const session = await openSession({ filter, run, resume }, () => {
        const opened = openSseOutlet(response, () => {
          open.get(opened)?.close();
          open.delete(opened);
        });
        outlet = opened;
        open.set(opened, undefined);
        return opened;
      });
      if (outlet !== undefined && open.has(outlet)) open.set(outlet, session);
      else session.close();
      logger.debug({ filter, resume }, 'event stream opened');
      return true;
    },
    close: () => {
      clearInterval(beating);
      for (const outlet of open.keys()) outlet.end();
    },
  };
};
