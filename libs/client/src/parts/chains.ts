import type { ChainView, HoldView, Page, RunStatus } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';
import type { StopOptions } from './runs.ts';

export interface ChainSearch {
  workflow?: string;
  status?: RunStatus;
  limit?: number;
  cursor?: string;
}

export const makeChains = (http: Http) => {
  const search = (query: ChainSearch = {}): Promise<Page<ChainView>> =>
    http.json({ path: '/v1/chains', query: { ...query } });
  const control = <Answer>(id: string, action: string, json?: object, options?: Repeatable): Promise<Answer> =>
    http.json({ ...options, method: 'POST', path: pathOf('v1', 'chains', id, action), json });
  return {
    /** By the id of its first run. */
    get: (id: string): Promise<ChainView> => http.json({ path: pathOf('v1', 'chains', id) }),
    /** Chains of two cycles and more, newest first. A page may be short, or empty, though there are more: go on while there is a cursor. */
    search,
    /** All that a search finds, page after page. */
    all: (query: ChainSearch = {}): AsyncGenerator<ChainView> => allOf((cursor) => search({ ...query, cursor })),
    /** Ends the open cycle with its future: when this is done, nothing of the chain starts any more. */
    cancel: (id: string, { reason, ...options }: StopOptions = {}): Promise<ChainView> =>
      control(id, 'cancel', { reason }, options),
    /** The cycle under way goes on to its end; the next one does not start before `resume`. */
    pause: (id: string, { reason, ...options }: StopOptions = {}): Promise<HoldView> =>
      control(id, 'pause', { reason }, options),
    /** The cycle that is next starts. */
    resume: (id: string, options?: Repeatable): Promise<void> => control(id, 'resume', undefined, options),
  };
};
