import { createClient, type Client, type FollowOptions } from '@nightshift/client';
import type { RunFeedEvent } from '@nightshift/contracts';
import type { Platform } from './platform.ts';

/** Events of runs that are not known yet, as they happen. */
export interface LiveEvents {
  /** Resolves when the connection stands: what happens from then on is in it. */
  follow(options: FollowOptions): Promise<AsyncIterable<RunFeedEvent>>;
}

/** @param signal ends everything that is followed */
export const makeLiveEvents = ({ gatewayUrl, adminKey }: Platform, signal: AbortSignal): LiveEvents => ({
  follow: async (options) => {
    const opened = Promise.withResolvers<void>();
    const client = createClient({ url: gatewayUrl, key: adminKey, fetch: fetchAndTell(opened) });
    const iterator = eventsOf(client, { ...options, signal })[Symbol.asyncIterator]();
    const first = iterator.next();
    // An iteration that ends before it has begun was refused, or there is no time left.
    first.then(() => opened.resolve(), opened.reject);
    await opened.promise;
    return startingWith(first, iterator);
  },
});

const fetchAndTell =
  (opened: PromiseWithResolvers<void>): typeof fetch =>
  async (...request) => {
    const response = await fetch(...request);
    if (response.ok) opened.resolve();
    return response;
  };

async function* eventsOf(client: Client, options: FollowOptions): AsyncGenerator<RunFeedEvent> {
  for await (const { event } of client.events(options)) yield event;
}

/** What is left of an iteration whose first step has been taken. */
async function* startingWith<T>(first: Promise<IteratorResult<T>>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = await first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
