import type {
  Page,
  ReceivedEventInfo,
  ReceivedEventView,
  ReplayedEvent,
  ReplayedEvents,
  ReplayEventsBody,
} from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

/** Which events to list. */
export interface ReceivedEventSearch {
  source?: string;
  type?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export const makeReceivedEvents = (http: Http) => ({
  /** Events from outside that are kept, with what became of them; those that came last first. */
  list: (search: ReceivedEventSearch = {}): Promise<Page<ReceivedEventInfo>> =>
    http.json({ path: '/v1/received-events', query: { ...search } }),
  /** One of them, with what it holds. */
  get: (source: string, id: string): Promise<ReceivedEventView> =>
    http.json({ path: pathOf('v1', 'received-events', source, id) }),
  /** Has an event start once more what it starts, as new runs. */
  replay: (source: string, id: string, { idempotencyKey }: Repeatable = {}): Promise<ReplayedEvent> =>
    http.json({ method: 'POST', path: pathOf('v1', 'received-events', source, id, 'replay'), idempotencyKey }),
  /** The same for all events of a source and a time. */
  replayMany: (which: ReplayEventsBody, { idempotencyKey }: Repeatable = {}): Promise<ReplayedEvents> =>
    http.json({ method: 'POST', path: '/v1/received-events/replay', json: which, idempotencyKey }),
});
