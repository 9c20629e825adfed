import type { ExplainedSearch, SearchBody, SearchExplanation, SearchResult, Thing } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

export const makeThings = (http: Http) => ({
  create: (type: string, fields: Record<string, unknown>, { idempotencyKey }: Repeatable = {}): Promise<Thing> =>
    http.json({ method: 'POST', path: pathOf('v1', 'things', type), json: fields, idempotencyKey }),
  get: (type: string, id: string): Promise<Thing> => http.json({ path: pathOf('v1', 'things', type, id) }),
  change: (
    type: string,
    id: string,
    fields: Record<string, unknown>,
    { idempotencyKey }: Repeatable = {},
  ): Promise<Thing> =>
    http.json({ method: 'PATCH', path: pathOf('v1', 'things', type, id), json: fields, idempotencyKey }),
  /** Answers with the thing as it was. */
  delete: (type: string, id: string): Promise<Thing> =>
    http.json({ method: 'DELETE', path: pathOf('v1', 'things', type, id) }),
  search: (type: string, search: Omit<SearchBody, 'explain'> = {}): Promise<SearchResult> =>
    http.json({ method: 'POST', path: pathOf('v1', 'things', type, 'search'), json: search }),
  /** How the database would find it, and what would make it faster. Finds nothing. */
  explain: async (type: string, search: Omit<SearchBody, 'explain'> = {}): Promise<SearchExplanation> => {
    const path = pathOf('v1', 'things', type, 'search');
    const answer = await http.json<ExplainedSearch>({ method: 'POST', path, json: { ...search, explain: true } });
    return answer.explanation;
  },
});
