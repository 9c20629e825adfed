import type { EventLink, EventLinkBody } from '@nightshift/contracts';
import { followEvents, type FollowedEvent, type FollowOptions } from '../events/follow-events.ts';
import type { Followed } from '../events/followed.ts';
import type { Http, Repeatable } from '../transport/http.ts';

/** Run events as they happen, each once and in order per run, over however many connections it takes. */
export const makeEvents = (http: Http) =>
  Object.assign((follow?: FollowOptions): Followed<FollowedEvent> => followEvents(http, follow), {
    /** A link by which anybody follows the run events that it names, without a key: for a day, unless told otherwise. */
    link: (followed: EventLinkBody, options?: Repeatable): Promise<EventLink> =>
      http.json({ ...options, method: 'POST', path: '/v1/events/links', json: followed }),
  });
