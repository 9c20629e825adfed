import type {
  Page,
  Recurrence,
  RecurrenceBody,
  RecurrenceOccurrence,
  PreviewBody,
  RecurrencePreview,
  RecurrenceSearch,
} from '@nightshift/contracts';
import type { AnyDeployment, Deployment, ParametersOf, WorkflowOf } from '../deployment.ts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';

/** What to start again and again, with the parameters of its workflow. */
export type RecurrenceFor<Parameters> = Omit<RecurrenceBody, 'parameters'> &
  (Partial<Parameters> extends Parameters ? { parameters?: Parameters } : { parameters: Parameters });

export const makeRecurrences = <D extends Deployment = AnyDeployment>(http: Http) => {
  const path = (workflow: string, key: string, ...more: string[]): string =>
    pathOf('v1', 'workflows', workflow, 'recurrences', key, ...more);
  const occurrences = (
    workflow: string,
    key: string,
    query: { limit?: number; cursor?: string } = {},
  ): Promise<Page<RecurrenceOccurrence>> =>
    http.json({ path: path(workflow, key, 'occurrences'), query: { ...query } });
  return {
    /** Sets or replaces a recurrence. Answers with its next ten moments. */
    put: <W extends WorkflowOf<D>>(
      workflow: W,
      key: string,
      body: RecurrenceFor<ParametersOf<D, W>>,
    ): Promise<Recurrence> => http.json({ method: 'PUT', path: path(workflow, key), json: body }),
    get: (workflow: string, key: string): Promise<Recurrence> => http.json({ path: path(workflow, key) }),
    /** By workflow and key. */
    search: (search: RecurrenceSearch = {}): Promise<Page<Recurrence>> =>
      http.json({ path: '/v1/recurrences', query: { ...search } }),
    /** Ends it; runs that it has started go on. */
    delete: (workflow: string, key: string): Promise<void> =>
      http.json({ method: 'DELETE', path: path(workflow, key) }),
    /** Starts no run until it is resumed. */
    pause: (workflow: string, key: string, options?: Repeatable): Promise<Recurrence> =>
      http.json({ ...options, method: 'POST', path: path(workflow, key, 'pause') }),
    /** What was planned in the pause is not made up for. */
    resume: (workflow: string, key: string, options?: Repeatable): Promise<Recurrence> =>
      http.json({ ...options, method: 'POST', path: path(workflow, key, 'resume') }),
    /** What became of each planned moment, the newest first. */
    occurrences,
    allOccurrences: (workflow: string, key: string): AsyncGenerator<RecurrenceOccurrence> =>
      allOf((cursor) => occurrences(workflow, key, { cursor })),
    /** When a recurrence would run, without setting it. */
    preview: (spec: RecurrenceBody, options: Pick<PreviewBody, 'count' | 'from'> = {}): Promise<RecurrencePreview> =>
      http.json({ method: 'POST', path: '/v1/recurrences/preview', json: { spec, ...options }, isRead: true }),
  };
};
