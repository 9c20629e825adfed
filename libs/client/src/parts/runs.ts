import type { Page, RunEvent, RunStatus, RunView, StartedRun } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export interface StartOptions {
  /** How long to wait for the end: `10s`. Without it, the answer comes as soon as the run is safe. */
  wait?: string;
  signal?: AbortSignal;
}

export interface RunSearch {
  workflow?: string;
  status?: RunStatus;
  list?: string;
  chain?: string;
  limit?: number;
  cursor?: string;
}

export const makeRuns = (http: Http) => ({
  /** Starts a run. A run that was waited for and failed is an answer, not an error: see `status`. */
  start: (
    workflow: string,
    parameters: Record<string, unknown> = {},
    { wait, signal }: StartOptions = {},
  ): Promise<StartedRun> =>
    http.json({
      method: 'POST',
      path: pathOf('v1', 'workflows', workflow, 'runs'),
      query: { wait },
      json: { parameters },
      signal,
    }),
  get: (id: string): Promise<RunView> => http.json({ path: pathOf('v1', 'runs', id) }),
  /** The run's history after a version, oldest first. */
  events: async (id: string, { after }: { after?: number } = {}): Promise<RunEvent[]> =>
    (await http.json<Page<RunEvent>>({ path: pathOf('v1', 'runs', id, 'events'), query: { after } })).items,
  search: (search: RunSearch = {}): Promise<Page<RunView>> => http.json({ path: '/v1/runs', query: { ...search } }),
  cancel: (id: string, { reason }: { reason?: string } = {}): Promise<RunView> =>
    http.json({ method: 'POST', path: pathOf('v1', 'runs', id, 'cancel'), json: { reason } }),
});
