import type {
  ChangeThingsBody,
  CopyThingsBody,
  DeleteThingsBody,
  ExplainedSearch,
  ExportBody,
  SearchBody,
  SearchExplanation,
  SearchResult,
  Thing,
} from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

/** Only if the thing is still as it was when somebody read it: what `etag` its answer had. */
export interface Conditional {
  ifMatch?: string;
}

const condition = ({ ifMatch }: Conditional): { headers?: Record<string, string> } =>
  ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } };

export const makeThings = (http: Http) => {
  const path = (type: string, ...more: string[]): string => pathOf('v1', 'things', type, ...more);
  const post = <Answer>(type: string, action: string, json: object, { idempotencyKey }: Repeatable): Promise<Answer> =>
    http.json({ method: 'POST', path: path(type, action), json, idempotencyKey });
  return {
    create: (type: string, fields: Record<string, unknown>, { idempotencyKey }: Repeatable = {}): Promise<Thing> =>
      http.json({ method: 'POST', path: path(type), json: fields, idempotencyKey }),
    get: (type: string, id: string): Promise<Thing> => http.json({ path: path(type, id) }),
    /** The thing, and its version for `ifMatch`. */
    getWithVersion: async (type: string, id: string): Promise<{ thing: Thing; etag: string }> => {
      const response = await http.send({ path: path(type, id) });
      return { thing: (await response.json()) as Thing, etag: response.headers.get('etag') ?? '' };
    },
    change: (
      type: string,
      id: string,
      fields: Record<string, unknown>,
      { idempotencyKey, ...conditional }: Repeatable & Conditional = {},
    ): Promise<Thing> =>
      http.json({ method: 'PATCH', path: path(type, id), json: fields, idempotencyKey, ...condition(conditional) }),
    /** Answers with the thing as it was. */
    delete: (type: string, id: string, conditional: Conditional = {}): Promise<Thing> =>
      http.json({ method: 'DELETE', path: path(type, id), ...condition(conditional) }),
    search: (type: string, search: Omit<SearchBody, 'explain'> = {}): Promise<SearchResult> =>
      http.json({ method: 'POST', path: path(type, 'search'), json: search }),
    /** How the database would find it, and what would make it faster. Finds nothing. */
    explain: async (type: string, search: Omit<SearchBody, 'explain'> = {}): Promise<SearchExplanation> => {
      const call = { method: 'POST', path: path(type, 'search'), json: { ...search, explain: true } };
      return (await http.json<ExplainedSearch>(call)).explanation;
    },
    /** All that are found, or none if one of them cannot be changed. */
    changeMany: (type: string, change: ChangeThingsBody, options: Repeatable = {}): Promise<{ changed: number }> =>
      post(type, 'change', change, options),
    /** All that are found, or none. */
    deleteMany: (type: string, which: DeleteThingsBody, options: Repeatable = {}): Promise<{ deleted: number }> =>
      post(type, 'delete', which, options),
    /** New things with the fields of those that are found, except for what is said otherwise. */
    copyMany: (
      type: string,
      which: CopyThingsBody,
      options: Repeatable = {},
    ): Promise<{ copied: number; ids: string[] }> => post(type, 'copy', which, options),
    /** Everything that is found as CSV or NDJSON, as it arrives. It throws in the middle if the rest cannot come. */
    export: async (
      type: string,
      wanted: ExportBody = {},
      { signal }: { signal?: AbortSignal } = {},
    ): Promise<ReadableStream<Uint8Array>> => {
      const call = { method: 'POST', path: path(type, 'export'), json: wanted };
      return (await http.send({ ...call, ...(signal && { signal }) })).body!;
    },
  };
};
