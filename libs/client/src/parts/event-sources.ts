import type { EventSource, EventSourceBody, Page } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeEventSources = (http: Http) => ({
  /** Lets somebody send events who signs them, to `/v1/event-sources/{name}/events`. */
  put: (name: string, source: EventSourceBody): Promise<EventSource> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'event-sources', name), json: source }),
  get: (name: string): Promise<EventSource> => http.json({ path: pathOf('v1', 'event-sources', name) }),
  list: async (): Promise<EventSource[]> => (await http.json<Page<EventSource>>({ path: '/v1/event-sources' })).items,
  delete: (name: string): Promise<void> => http.json({ method: 'DELETE', path: pathOf('v1', 'event-sources', name) }),
});
