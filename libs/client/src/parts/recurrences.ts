import type { Recurrence, RecurrenceBody } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeRecurrences = (http: Http) => {
  const path = (workflow: string, key: string): string => pathOf('v1', 'workflows', workflow, 'recurrences', key);
  return {
    /** Sets or replaces a recurrence. Answers with its next ten moments. */
    put: (workflow: string, key: string, body: RecurrenceBody): Promise<Recurrence> =>
      http.json({ method: 'PUT', path: path(workflow, key), json: body }),
    get: (workflow: string, key: string): Promise<Recurrence> => http.json({ path: path(workflow, key) }),
    delete: (workflow: string, key: string): Promise<void> =>
      http.json({ method: 'DELETE', path: path(workflow, key) }),
  };
};
