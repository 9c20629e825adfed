import type { RunFeedEvent } from '@nightshift/contracts';
import type { FeedMessage } from '@nightshift/messaging';
import type { FeedPosition } from './event-position.ts';

/** One message of the run feed, parsed once and shared by all who get it. */
export interface FeedEntry extends FeedPosition {
  event: RunFeedEvent;
  /** The event as it arrived: passed on as it is. */
  text: string;
}

/** Undefined for what is no run event: somebody else wrote to the stream. */
export const toEntry = ({ sequence, text }: FeedMessage, epoch: number): FeedEntry | undefined => {
  try {
    const event = JSON.parse(text) as RunFeedEvent | null;
    if (typeof event?.runId !== 'string' || typeof event.version !== 'number') return undefined;
    return { epoch, sequence, event, text };
  } catch {
    return undefined;
  }
};
