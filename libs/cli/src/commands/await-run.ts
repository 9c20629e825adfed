import type { Session } from '../session.ts';
import { assertReachable } from './assert-reachable.ts';

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
  { client, signal }: Session,
  { workflow, requestedAfter }: AwaitedRun,
): Promise<string | undefined> => {
  await assertReachable(client);
  const requests = client.events({ workflow, type: 'RunRequested', signal });
  try {
    await requests.opened();
    const { items, nextCursor } = await client.runs.search({ workflow, requestedAfter, limit: 1000 });
    // Newest first: of more than a page, the newest of them will do.
    const found = nextCursor === null ? items.at(-1) : items[0];
    return found?.id ?? (await firstRequested(requests));
  } finally {
    await requests.return?.();
  }
};

const firstRequested = async (events: AsyncIterable<{ event: { runId: string } }>): Promise<string | undefined> => {
  for await (const { event } of events) return event.runId;
  return undefined;
};
