import type {
  ChangeThingsBody,
  CopyThingsBody,
  DeleteThingsBody,
  ExplainedSearch,
  ExportBody,
  SearchBody,
  SearchExplanation,
  SearchResult,
} from '@nightshift/contracts';
import type { AnyDeployment, Deployment, ThingOf, TypeOf } from '../deployment.ts';
import { pathOf, type CallOptions, type Http, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';

/** Only if the thing is still as it was when somebody read it: what `etag` its answer had. */
export interface Conditional {
  ifMatch?: string;
}

/** What is looked for. */
export type ThingSearch = Omit<SearchBody, 'explain'>;

/** A page of what was found. */
export type FoundThings<Thing> = Omit<SearchResult, 'items'> & { items: Thing[] };

const condition = ({ ifMatch }: Conditional): { headers?: Record<string, string> } =>
  ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } };

/** Changes of many things are one transaction, which the data service gives two minutes unless it is told otherwise. */
const BULK_PATIENCE_MS = 10 * 60_000;

export const makeThings = <D extends Deployment = AnyDeployment>(http: Http) => {
  const path = (type: string, ...more: string[]): string => pathOf('v1', 'things', type, ...more);
  const post = <Answer>(type: string, action: string, json: object, options?: Repeatable): Promise<Answer> =>
    http.json({ ...options, method: 'POST', path: path(type, action), json, patienceMs: BULK_PATIENCE_MS });
  const search = <T extends TypeOf<D>>(
    type: T,
    wanted: ThingSearch = {},
    options?: CallOptions,
  ): Promise<FoundThings<ThingOf<D, T>>> =>
    http.json({ ...options, method: 'POST', path: path(type, 'search'), json: wanted, isRead: true });

  return {
    create: <T extends TypeOf<D>>(
      type: T,
      fields: D['types'][T]['create'],
      options?: Repeatable,
    ): Promise<ThingOf<D, T>> => http.json({ ...options, method: 'POST', path: path(type), json: fields }),
    get: <T extends TypeOf<D>>(type: T, id: string, options?: CallOptions): Promise<ThingOf<D, T>> =>
      http.json({ ...options, path: path(type, id) }),
    /** The thing, and its version for `ifMatch`. */
    getWithVersion: async <T extends TypeOf<D>>(
      type: T,
      id: string,
    ): Promise<{ thing: ThingOf<D, T>; etag: string }> => {
      const response = await http.send({ path: path(type, id) });
      return { thing: (await response.json()) as ThingOf<D, T>, etag: response.headers.get('etag') ?? '' };
    },
    change: <T extends TypeOf<D>>(
      type: T,
      id: string,
      fields: D['types'][T]['change'],
      { ifMatch, ...options }: Repeatable & Conditional = {},
    ): Promise<ThingOf<D, T>> =>
      http.json({ ...options, method: 'PATCH', path: path(type, id), json: fields, ...condition({ ifMatch }) }),
    /** Answers with the thing as it was. */
    delete: <T extends TypeOf<D>>(type: T, id: string, conditional: Conditional = {}): Promise<ThingOf<D, T>> =>
      http.json({ method: 'DELETE', path: path(type, id), ...condition(conditional) }),
    /** One page. */
    search,
    /** All that are found, page after page. */
    all: <T extends TypeOf<D>>(type: T, wanted: Omit<ThingSearch, 'count' | 'aggregates'> = {}) =>
      allOf<ThingOf<D, T>>((cursor) => search(type, { ...wanted, ...(cursor !== undefined && { cursor }) })),
    /** How the database would find it, and what would make it faster. Finds nothing. */
    explain: async (type: TypeOf<D>, wanted: ThingSearch = {}): Promise<SearchExplanation> => {
      const call = { method: 'POST', path: path(type, 'search'), json: { ...wanted, explain: true }, isRead: true };
      return (await http.json<ExplainedSearch>(call)).explanation;
    },
    /** All that are found, or none if one of them cannot be changed. */
    changeMany: (type: TypeOf<D>, change: ChangeThingsBody, options?: Repeatable): Promise<{ changed: number }> =>
      post(type, 'change', change, options),
    /** All that are found, or none. */
    deleteMany: (type: TypeOf<D>, which: DeleteThingsBody, options?: Repeatable): Promise<{ deleted: number }> =>
      post(type, 'delete', which, options),
    /** New things with the fields of those that are found, except for what is said otherwise. */
    copyMany: (
      type: TypeOf<D>,
      which: CopyThingsBody,
      options?: Repeatable,
    ): Promise<{ copied: number; ids: string[] }> => post(type, 'copy', which, options),
    /** Everything that is found as CSV or NDJSON, as it arrives. It throws in the middle if the rest cannot come. */
    export: async (
      type: TypeOf<D>,
      wanted: ExportBody = {},
      options?: CallOptions,
    ): Promise<ReadableStream<Uint8Array>> => {
      const call = { ...options, method: 'POST', path: path(type, 'export'), json: wanted, isRead: true };
      return (await http.send(call)).body!;
    },
  };
};
