import type { RunEventType, RunFeedEvent } from '@nightshift/contracts';
import type { Http } from '../transport/http.ts';
import { followed, type Followed } from './followed.ts';
import { followStream } from './follow-stream.ts';

export interface FollowOptions {
  run?: string;
  list?: string | readonly string[];
  chain?: string | readonly string[];
  workflow?: string | readonly string[];
  type?: RunEventType | readonly RunEventType[];
  /** An expression over `event`; only events come for which it is true. */
  filter?: string;
  /** Goes on after the event with this id, of an iteration with the same filters. */
  lastEventId?: string;
  /**
   * Told where events are missing, because they were gone before they could be read: what has a change made by each of them reads anew what it
   * shows. `after` is the id of the last one before.
   */
  onGap?: (gap: { after: string }) => void;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

export interface FollowedEvent {
  /** Good as `lastEventId` of a later iteration with the same filters; that of the event before it if this one has none of its own. */
  id: string | undefined;
  event: RunFeedEvent;
}

/**
 * Run events as they happen, each once and in order per run. Connects again by itself where it was, also to another gateway behind
 * the same URL. Ends when the followed run has, or when the signal says so; without a filter that names a run it does not end by itself.
 * Who is slow gets them more slowly; nothing is gathered for him here.
 * @throws NightshiftError when the gateway refuses: the run does not exist, the key is wrong
 */
export const followEvents = (
  http: Http,
  { lastEventId, signal, onGap, ...query }: FollowOptions = {},
): Followed<FollowedEvent> =>
  followed(async function* (ending, onOpen) {
    const isLast = (data: unknown): boolean => query.run !== undefined && isEnd(data as RunFeedEvent);
    const stream = followStream(http, { path: '/v1/events', query, lastEventId, signal: ending, isLast, onOpen });
    for await (const { id, data } of stream) {
      // Says that something is lost between two places, and is no event of a run.
      const { gap } = data as { gap?: { after: string } };
      if (gap === undefined) yield { id, event: data as RunFeedEvent };
      else onGap?.(gap);
    }
  }, signal);

const isEnd = ({ type }: RunFeedEvent): boolean =>
  type === 'RunSucceeded' || type === 'RunFailed' || type === 'RunCancelled';
