import type { Page, Schedule, ScheduleBody } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeSchedules = (http: Http) => ({
  /** Schedules one run, `at` a moment or `in` a while. */
  create: (workflow: string, body: ScheduleBody): Promise<Schedule> =>
    http.json({ method: 'POST', path: pathOf('v1', 'workflows', workflow, 'schedules'), json: body }),
  get: (id: string): Promise<Schedule> => http.json({ path: pathOf('v1', 'schedules', id) }),
  /** Those that wait for their time. */
  list: (query: { workflow?: string; limit?: number; cursor?: string } = {}): Promise<Page<Schedule>> =>
    http.json({ path: '/v1/schedules', query: { ...query } }),
  cancel: (id: string): Promise<Schedule> => http.json({ method: 'DELETE', path: pathOf('v1', 'schedules', id) }),
});
