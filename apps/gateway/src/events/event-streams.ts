import type { ServerResponse } from 'node:http';
import type { Beating, BeatWheel } from './beat-wheel.ts';
import type { EventSession } from './event-session.ts';
import type { FollowedBy, FollowEvents } from './follow-events.ts';
import type { Leave } from './leave-to-stay.ts';
import type { Outlet } from './outlet.ts';
import type { OpenSseOutlet } from './sse-outlet.ts';

/** All server-sent streams of events from this process. */
export interface EventStreams {
  readonly count: number;
  /**
   * Opens a stream on the response. False: the run has ended and the client has seen all of it, so nothing was written.
   * @throws Failure `run.not_found`, `list.not_found`, `workflow.not_found`, `messaging.unavailable` while nothing was written
   */
  open(followed: FollowedBy, leave: Leave, response: ServerResponse): Promise<boolean>;
  /** Ends every stream: the clients resume elsewhere. */
  close(): void;
}

interface EventStreamsDeps {
  follow: FollowEvents;
  openSse: OpenSseOutlet;
  wheel: BeatWheel;
}

export const makeEventStreams = ({ follow, openSse, wheel }: EventStreamsDeps): EventStreams => {
  /** With what lets go of each. */
  const open = new Map<Outlet, (() => void) | undefined>();

  return {
    get count() {
      return open.size;
    },
    open: async (followed, leave, response) => {
      let outlet: Outlet | undefined;
      const session = await follow(followed, () => {
        const opened = openSse(response, () => {
          open.get(opened)?.();
          open.delete(opened);
        });
        outlet = opened;
        open.set(opened, undefined);
        return opened;
      });
      if (session === undefined) return false;
      const opened = outlet as Outlet | undefined;
      if (opened === undefined || !open.has(opened)) session.close();
      else {
        const stopBeating = wheel.add(asLongAs(leave, session, opened));
        open.set(opened, () => {
          stopBeating();
          session.close();
        });
      }
      return true;
    },
    close: () => {
      for (const outlet of open.keys()) outlet.end();
    },
  };
};

/** The session, which looks with each beat whether the client may still stay. */
const asLongAs = (leave: Leave, session: EventSession, outlet: Outlet): Beating => ({
  get isFull() {
    return session.isFull;
  },
  run: session.run,
  fill: session.fill,
  beat: () => {
    session.beat();
    void leave.isThere().then((isThere) => {
      if (!isThere) outlet.end();
    });
  },
});
