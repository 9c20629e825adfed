import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeAssertExists } from './assert-exists.ts';
import { makeBeatWheel } from './beat-wheel.ts';
import { makeReadCondition, type ReadCondition } from './event-conditions.ts';
import { makeEventStreams, type EventStreams } from './event-streams.ts';
import { makeFollowEvents } from './follow-events.ts';
import type { RunFeed } from './run-feed.ts';
import type { OpenSseOutlet } from './sse-outlet.ts';

export interface EventHandlersDeps {
  ledger: Ledger;
  bus: Bus;
  feed: RunFeed;
  openSse: OpenSseOutlet;
}

export interface EventHandlers {
  streams: EventStreams;
  readCondition: ReadCondition;
  close(): void;
}

/** Live run events: everything that the room can do, put together once. */
export const makeEventHandlers = ({ ledger, bus, feed, openSse }: EventHandlersDeps): EventHandlers => {
  const follow = makeFollowEvents({ ledger, bus, feed, assertExists: makeAssertExists({ ledger }) });
  const wheel = makeBeatWheel({ ledger });
  const streams = makeEventStreams({ follow, openSse, wheel });
  return {
    streams,
    readCondition: makeReadCondition(),
    close: () => {
      wheel.close();
      streams.close();
    },
  };
};
