import type { RunEventType, RunFeedEvent } from '@nightshift/contracts';
import type { Http } from '../transport/http.ts';
import { followStream } from './follow-stream.ts';

export interface FollowOptions {
  run?: string;
  list?: string;
  workflow?: string;
  type?: RunEventType;
  /** Goes on after the event with this id. */
  lastEventId?: string;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

export interface FollowedEvent {
  /** Good as `lastEventId` of a later iteration; that of the event before it if this one has none of its own. */
  id: string | undefined;
  event: RunFeedEvent;
}

/**
 * Run events as they happen, each once and in order per run. Connects again by itself where it was, also to another gateway behind
 * the same URL. Ends when the followed run has, or when the signal says so; without a filter that names a run it does not end by itself.
 * @throws NightshiftError when the gateway refuses: the run does not exist, the key is wrong
 */
export async function* followEvents(http: Http, options: FollowOptions): AsyncGenerator<FollowedEvent> {
  const { run, list, workflow, type, lastEventId, signal } = options;
  const stream = followStream(http, {
    path: '/v1/events',
    query: { run, list, workflow, type },
    lastEventId,
    signal,
    isLast: (data) => run !== undefined && isEnd(data as RunFeedEvent),
  });
  for await (const { id, data } of stream) {
    // Says that something is lost between two places, and is no event of a run.
    if (!Object.hasOwn(data as object, 'gap')) yield { id, event: data as RunFeedEvent };
  }
}

const isEnd = ({ type }: RunFeedEvent): boolean =>
  type === 'RunSucceeded' || type === 'RunFailed' || type === 'RunCancelled';
