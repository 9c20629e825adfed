import type { RunFeedEvent } from '@nightshift/contracts';
import type { FeedMessage } from '@nightshift/messaging';
import type { FeedPosition } from './event-position.ts';
import type { ShownEvent } from './shown-event.ts';
import type { FrameCache } from './sse-frame.ts';

/** One message of the run feed, parsed once and shared by all who get it; its text is as it arrived. */
export interface FeedEntry extends FeedPosition, ShownEvent, FrameCache {}

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
