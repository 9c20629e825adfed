import { operations } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { assertMay } from '../door/assert-may.ts';
import type { Doorkeeper } from '../door/grant.ts';
import { makeAssertExists } from './assert-exists.ts';
import type { BacklogBudget } from './backlog-budget.ts';
import { makeBeatWheel } from './beat-wheel.ts';
import { makeReadCondition, type ReadCondition } from './event-conditions.ts';
import { makeEventLinks, type EventLinks } from './event-links.ts';
import { makeEventStreams, type EventStreams } from './event-streams.ts';
import { makeFollowEvents } from './follow-events.ts';
import { makeLeaves, type Leaves } from './leave-to-stay.ts';
import type { RunFeed } from './run-feed.ts';
import { makeEventSockets, type EventSockets } from './sockets/event-sockets.ts';
import type { OpenSseOutlet } from './sse-outlet.ts';

export interface EventHandlersDeps {
  ledger: Ledger;
  bus: Bus;
  feed: RunFeed;
  openSse: OpenSseOutlet;
  budget: BacklogBudget;
  doorkeeper: Doorkeeper;
  linkKey: () => Buffer;
  nowMs: () => number;
  /** Where the door is for those who are given links; undefined: where it was asked for the link. */
  publicUrl: string | undefined;
  /** Whether scripts of another origin may open WebSockets. */
  allowsOrigin: (origin: string) => boolean;
  /** How often everybody is shown that his connection lives, and looked at whether he may still have it. */
  beatMs: number;
}

export interface EventHandlers {
  streams: EventStreams;
  sockets: EventSockets;
  links: EventLinks;
  leaves: Leaves;
  readCondition: ReadCondition;
  publicUrl: string | undefined;
  close(): void;
}

/** Live run events: everything that the room can do, put together once. */
export const makeEventHandlers = (deps: EventHandlersDeps): EventHandlers => {
  const { ledger, bus, feed, openSse, budget, doorkeeper, linkKey, nowMs, publicUrl, allowsOrigin, beatMs } = deps;
  const assertExists = makeAssertExists({ ledger });
  const readCondition = makeReadCondition();
  const follow = makeFollowEvents({ ledger, bus, feed, assertExists });
  const wheel = makeBeatWheel({ ledger, beatMs });
  const streams = makeEventStreams({ follow, openSse, wheel });
  const leaves = makeLeaves({ doorkeeper, nowMs });
  const sockets = makeEventSockets({
    follow,
    wheel,
    readCondition,
    budget,
    allowsOrigin,
    admit: async (key) => {
      const authorization = `Bearer ${key}`;
      const grant = await doorkeeper.admit(authorization);
      assertMay(grant, operations['events.follow'], {});
      return { seesPayloads: grant.seesPayloads, leave: leaves.ofKey(authorization) };
    },
  });
  return {
    streams,
    sockets,
    links: makeEventLinks({ assertExists, readCondition, linkKey, nowMs }),
    leaves,
    readCondition,
    publicUrl,
    close: () => {
      wheel.close();
      streams.close();
      sockets.close();
    },
  };
};
