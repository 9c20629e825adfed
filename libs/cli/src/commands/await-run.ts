import { createClient, NightshiftError } from '@nightshift/client';
import type { Session } from '../session.ts';

export interface AwaitedRun {
  workflow: string;
  /** A run that was requested before does not count. */
  requestedAfter: string;
}

/**
 * The id of the first run of a workflow since a moment: one that is there, or the next one. Events are listened to before runs are searched,
 * so that none can come between. Undefined: Ctrl-C.
 */
export const awaitRun = async (
  { client, platform, signal }: Session,
  { workflow, requestedAfter }: AwaitedRun,
): Promise<string | undefined> => {
  const opened = Promise.withResolvers<void>();
  const listening = new AbortController();
  const { url, key } = platform;
  const listener = createClient({
    url,
    ...(key !== undefined && { key }),
    fetch: async (...request) => {
      const response = await fetch(...request);
      if (response.ok) opened.resolve();
      return response;
    },
  });
  const next = firstRequested(
    listener.events({ workflow, type: 'RunRequested', signal: AbortSignal.any([signal, listening.signal]) }),
  );
  next.then(() => opened.resolve(), opened.reject);
  try {
    await opened.promise;
    const { items, nextCursor } = await client.runs.search({ workflow, requestedAfter, limit: 1000 });
    // Newest first: of more than a page, the newest of them will do.
    const found = nextCursor === null ? items.at(-1) : items[0];
    return found?.id ?? (await next);
  } finally {
    listening.abort();
    await next.catch((error: unknown) => {
      if (!(error instanceof NightshiftError)) throw error;
    });
  }
};

const firstRequested = async (events: AsyncIterable<{ event: { runId: string } }>): Promise<string | undefined> => {
  for await (const { event } of events) return event.runId;
  return undefined;
};
