import type {
  Page,
  Recurrence,
  RecurrenceBody,
  RecurrenceOccurrence,
  PreviewBody,
  RecurrencePreview,
  RecurrenceSearch,
} from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

export const makeRecurrences = (http: Http) => {
  const path = (workflow: string, key: string, ...more: string[]): string =>
    pathOf('v1', 'workflows', workflow, 'recurrences', key, ...more);
  return {
    /** Sets or replaces a recurrence. Answers with its next ten moments. */
    put: (workflow: string, key: string, body: RecurrenceBody): Promise<Recurrence> =>
      http.json({ method: 'PUT', path: path(workflow, key), json: body }),
    get: (workflow: string, key: string): Promise<Recurrence> => http.json({ path: path(workflow, key) }),
    /** By workflow and key. */
    search: (search: RecurrenceSearch = {}): Promise<Page<Recurrence>> =>
      http.json({ path: '/v1/recurrences', query: { ...search } }),
    /** Ends it; runs that it has started go on. */
    delete: (workflow: string, key: string): Promise<void> =>
      http.json({ method: 'DELETE', path: path(workflow, key) }),
    /** Starts no run until it is resumed. */
    pause: (workflow: string, key: string, { idempotencyKey }: Repeatable = {}): Promise<Recurrence> =>
      http.json({ method: 'POST', path: path(workflow, key, 'pause'), idempotencyKey }),
    /** What was planned in the pause is not made up for. */
    resume: (workflow: string, key: string, { idempotencyKey }: Repeatable = {}): Promise<Recurrence> =>
      http.json({ method: 'POST', path: path(workflow, key, 'resume'), idempotencyKey }),
    /** What became of each planned moment, the newest first. */
    occurrences: (
      workflow: string,
      key: string,
      query: { limit?: number; cursor?: string } = {},
    ): Promise<Page<RecurrenceOccurrence>> =>
      http.json({ path: path(workflow, key, 'occurrences'), query: { ...query } }),
    /** When a recurrence would run, without setting it. */
    preview: (spec: RecurrenceBody, options: Pick<PreviewBody, 'count' | 'from'> = {}): Promise<RecurrencePreview> =>
      http.json({ method: 'POST', path: '/v1/recurrences/preview', json: { spec, ...options } }),
  };
};
