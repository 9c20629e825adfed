import type { AdmittedList, ListBody, ListPacing, Page, RunStatus, RunView } from '@nightshift/contracts';
import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';
import { toNdjson } from '../transport/ndjson.ts';

/** How the list's runs are spaced, and where their items come from: given, made one by one, or found. */
export interface CreateList extends ListPacing {
  items?: readonly unknown[] | AsyncIterable<unknown>;
  query?: ListBody['query'];
}

/** How far a list is. Ended items are `succeeded + failed + cancelled`; `dropped` ones never started. */
export interface ListInfo {
  id: string;
  workflow: string;
  status: Extract<RunStatus, 'running' | 'succeeded' | 'cancelled'>;
  total: number;
  handedOut: number;
  dropped: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  requestedAt: string;
  finishedAt: string | null;
  progressAt: string | null;
}

const isStream = (items: CreateList['items']): items is AsyncIterable<unknown> =>
  typeof items === 'object' && Symbol.asyncIterator in items;

const toQuery = ({ interval, parameters, ...pacing }: ListPacing): Record<string, QueryValue> => ({
  ...pacing,
  ...(parameters !== undefined && { parameters: JSON.stringify(parameters) }),
  ...(interval !== undefined && { interval: typeof interval === 'string' ? interval : `${milliseconds(interval)}ms` }),
});

const milliseconds = ({
  days = 0,
  hours = 0,
  minutes = 0,
  seconds = 0,
  milliseconds: rest = 0,
}: Exclude<ListPacing['interval'], string | undefined>): number =>
  (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + rest;

export const makeLists = (http: Http) => ({
  /** One run for each item, admitted whole or not at all. An async iterable is sent as it is made, however long it is. */
  create: (
    workflow: string,
    { items, query, ...pacing }: CreateList,
    { idempotencyKey }: Repeatable = {},
  ): Promise<AdmittedList> => {
    const call = { method: 'POST', path: pathOf('v1', 'workflows', workflow, 'lists'), idempotencyKey };
    return isStream(items)
      ? http.json({ ...call, query: toQuery(pacing), body: { type: 'application/x-ndjson', content: toNdjson(items) } })
      : http.json({ ...call, json: { ...pacing, items, query } });
  },
  get: (id: string): Promise<ListInfo> => http.json({ path: pathOf('v1', 'lists', id) }),
  /** The runs of the items that have started. */
  items: (id: string, page: { limit?: number; cursor?: string } = {}): Promise<Page<RunView>> =>
    http.json({ path: pathOf('v1', 'lists', id, 'items'), query: { ...page } }),
  /** No further item starts. */
  cancel: (id: string, { idempotencyKey }: Repeatable = {}): Promise<ListInfo> =>
    http.json({ method: 'POST', path: pathOf('v1', 'lists', id, 'cancel'), idempotencyKey }),
});
