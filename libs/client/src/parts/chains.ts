import type { ChainView, HoldBody, HoldView, Page, RunStatus } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';
import type { StopOptions } from './runs.ts';

export interface ChainSearch {
  workflow?: string;
  status?: RunStatus;
  limit?: number;
  cursor?: string;
}

export const makeChains = (http: Http) => ({
  /** By the id of its first run. */
  get: (id: string): Promise<ChainView> => http.json({ path: pathOf('v1', 'chains', id) }),
  /** Chains of two cycles and more, newest first. A page may be short, or empty, though there are more: go on while there is a cursor. */
  search: (search: ChainSearch = {}): Promise<Page<ChainView>> =>
    http.json({ path: '/v1/chains', query: { ...search } }),
  /** Ends the open cycle with its future: when this is done, nothing of the chain starts any more. */
  cancel: (id: string, { reason }: StopOptions = {}): Promise<ChainView> =>
    http.json({ method: 'POST', path: pathOf('v1', 'chains', id, 'cancel'), json: { reason } }),
  /** The cycle under way goes on to its end; the next one does not start before `resume`. */
  pause: (id: string, { reason }: Pick<HoldBody, 'reason'> = {}): Promise<HoldView> =>
    http.json({ method: 'POST', path: pathOf('v1', 'chains', id, 'pause'), json: { reason } }),
  /** The cycle that is next starts. */
  resume: (id: string): Promise<void> => http.json({ method: 'POST', path: pathOf('v1', 'chains', id, 'resume') }),
});
