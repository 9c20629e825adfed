import type {
  AdmittedList,
  ControlledRuns,
  ListBody,
  ListChange,
  ListInfo,
  ListItem,
  ListItemStatus,
  ListSettings,
  ListStatus,
  Page,
} from '@nightshift/contracts';
import type { AnyDeployment, Deployment, ParametersOf, WorkflowOf } from '../deployment.ts';
import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';
import { ndjsonOf } from '../transport/ndjson.ts';

/** How the list's runs are started, and where their items come from: given, made one by one, or found. */
export interface CreateList extends ListSettings {
  /** A function makes them anew, which an upload that breaks off needs to be tried again. */
  items?: readonly unknown[] | AsyncIterable<unknown> | (() => AsyncIterable<unknown>);
  query?: ListBody['query'];
}

/** What to start for each item, with those of the workflow's parameters that are the same for all. */
export type CreateListFor<Parameters> = Omit<CreateList, 'parameters' | 'as'> & {
  as?: keyof Parameters & string;
  parameters?: Partial<Parameters>;
};

export interface ListSearch {
  workflow?: string;
  status?: ListStatus;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

export interface ItemSearch {
  status?: ListItemStatus;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

const isStream = (items: CreateList['items']): items is AsyncIterable<unknown> | (() => AsyncIterable<unknown>) =>
  typeof items === 'function' || (typeof items === 'object' && Symbol.asyncIterator in items);

const toQuery = (settings: ListSettings): Record<string, QueryValue> => {
  const { parameters, interval, gap, rate, failurePolicy, onProgress, ...rest } = settings;
  const { workflow, ...every } = onProgress ?? {};
  return {
    ...rest,
    ...(parameters !== undefined && { parameters: JSON.stringify(parameters) }),
    ...(interval !== undefined && { interval: inQuery(interval) }),
    ...(gap !== undefined && { gap: inQuery(gap) }),
    ...(rate !== undefined && { limit: rate.limit, per: inQuery(rate.per) }),
    ...(typeof failurePolicy === 'object' ? failurePolicy : { failurePolicy }),
    ...(workflow !== undefined && { onProgress: workflow, ...every }),
  };
};

type Duration = NonNullable<ListSettings['interval']>;

const inQuery = (duration: Duration): string =>
  typeof duration === 'string' ? duration : `${milliseconds(duration)}ms`;

const milliseconds = ({
  days = 0,
  hours = 0,
  minutes = 0,
  seconds = 0,
  milliseconds: rest = 0,
}: Exclude<Duration, string>): number => (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + rest;

export const makeLists = <D extends Deployment = AnyDeployment>(http: Http) => {
  const path = (id: string, ...more: string[]): string => pathOf('v1', 'lists', id, ...more);
  const post = <Answer>(
    { idempotencyKey, retries, timeoutMs, signal, ...json }: Repeatable & object,
    id: string,
    ...more: string[]
  ): Promise<Answer> =>
    http.json({ method: 'POST', path: path(id, ...more), json, idempotencyKey, retries, timeoutMs, signal });
  const search = (query: ListSearch = {}): Promise<Page<ListInfo>> =>
    http.json({ path: '/v1/lists', query: { ...query } });
  const itemsOf = (id: string, query: ItemSearch = {}): Promise<Page<ListItem>> =>
    http.json({ path: path(id, 'items'), query: { ...query } });
  return {
    /** One run for each item, admitted whole or not at all. An async iterable is sent as it is made, however long it is. */
    create: <W extends WorkflowOf<D>>(
      workflow: W,
      list: CreateListFor<ParametersOf<D, W>>,
      options?: Repeatable,
    ): Promise<AdmittedList> => {
      const { items, query, ...settings } = list as CreateList;
      const call = { ...options, method: 'POST', path: pathOf('v1', 'workflows', workflow, 'lists') };
      return isStream(items)
        ? http.json({
            ...call,
            query: toQuery(settings),
            body: { type: 'application/x-ndjson', content: ndjsonOf(items) },
          })
        : http.json({ ...call, json: { ...settings, items, query } });
    },
    get: (id: string): Promise<ListInfo> => http.json({ path: path(id) }),
    /** Newest first. */
    search,
    /** All that a search finds, page after page. */
    all: (query: ListSearch = {}): AsyncGenerator<ListInfo> => allOf((cursor) => search({ ...query, cursor })),
    /** In order of their index. With a status, a page may hold less than its limit though more follows. */
    items: itemsOf,
    /** All of them, page after page. */
    allItems: (id: string, query: ItemSearch = {}): AsyncGenerator<ListItem> =>
      allOf((cursor) => itemsOf(id, { ...query, cursor })),
    /** The failed items as CSV. */
    failuresCsv: async (id: string): Promise<string> => (await http.send({ path: path(id, 'failures.csv') })).text(),
    /** Changes how fast items start, or what becomes of the list when some fail, while it is under way. */
    change: (id: string, change: ListChange, options?: Repeatable): Promise<ListInfo> =>
      http.json({ ...options, method: 'PATCH', path: path(id), json: change }),
    /** No item starts until it is resumed. `inFlight: 'pause'` holds those too that have started. */
    pause: (id: string, options: { inFlight?: 'finish' | 'pause' } & Repeatable = {}): Promise<ListInfo> =>
      post(options, id, 'pause'),
    resume: (id: string, options: Repeatable = {}): Promise<ListInfo> => post(options, id, 'resume'),
    /** No further item starts. `inFlight: 'cancel'` ends those too that have started. */
    cancel: (id: string, options: { inFlight?: 'finish' | 'cancel' } & Repeatable = {}): Promise<ListInfo> =>
      post(options, id, 'cancel'),
    /** Failed items go on at the step that failed. */
    retryFailed: (id: string, options: Repeatable = {}): Promise<ControlledRuns> => post(options, id, 'retry-failed'),
    retryItem: (id: string, index: number, options: Repeatable = {}): Promise<ListInfo> =>
      post(options, id, 'items', String(index), 'retry'),
    /** An item that has not started never will. */
    skipItem: (id: string, index: number, options: Repeatable = {}): Promise<ListInfo> =>
      post(options, id, 'items', String(index), 'skip'),
  };
};
