import type {
  ControlledRuns,
  MoveScheduleBody,
  MoveTime,
  RunStatus,
  Schedule,
  ScheduleBody,
  Scheduled,
  SchedulePage,
  SchedulesTarget,
} from '@nightshift/contracts';
import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';
import type { StopOptions } from './runs.ts';

export interface ScheduleSearch {
  workflow?: string;
  status?: RunStatus | 'any';
  key?: string;
  keyPrefix?: string;
  /** The name of who asked for it. */
  user?: string;
  listId?: string;
  chainId?: string;
  dueAfter?: string;
  dueBefore?: string;
  /** By name, or by path with dots: `order.id`. */
  parameters?: Readonly<Record<string, QueryValue>>;
  /** Whether to count all that fit. */
  count?: boolean;
  limit?: number;
  cursor?: string;
}

export const makeSchedules = (http: Http) => {
  const many = (
    action: 'cancel' | 'pause' | 'resume' | 'move',
    json: object,
    { idempotencyKey }: Repeatable = {},
  ): Promise<ControlledRuns> =>
    http.json({ method: 'POST', path: pathOf('v1', 'schedules', action), json, idempotencyKey });

  return {
    /** Schedules one run, `at` a moment or `in` a while. With a `key`, one that waits under it is changed instead, and keeps its id. */
    create: (workflow: string, body: ScheduleBody, { idempotencyKey }: Repeatable = {}): Promise<Scheduled> =>
      http.json({
        method: 'POST',
        path: pathOf('v1', 'workflows', workflow, 'schedules'),
        json: body,
        idempotencyKey,
      }),
    get: (id: string): Promise<Schedule> => http.json({ path: pathOf('v1', 'schedules', id) }),
    /** In order of their due times: those that wait for it, unless another status is asked for, or `any`. */
    list: ({ parameters = {}, ...search }: ScheduleSearch = {}): Promise<SchedulePage> => {
      const within = Object.entries(parameters).map(([path, value]) => [`parameter.${path}`, value] as const);
      return http.json({ path: '/v1/schedules', query: { ...search, ...Object.fromEntries(within) } });
    },
    /** Lets one that has not started start at another time, or with other parameters. */
    move: (id: string, move: MoveScheduleBody, { idempotencyKey }: Repeatable = {}): Promise<Schedule> =>
      http.json({ method: 'PATCH', path: pathOf('v1', 'schedules', id), json: move, idempotencyKey }),
    cancel: (id: string): Promise<Schedule> => http.json({ method: 'DELETE', path: pathOf('v1', 'schedules', id) }),

    /** The same for all that are named or found. What has started stays as it is, and is counted out. */
    cancelMany: (target: SchedulesTarget, { reason, ...options }: StopOptions & Repeatable = {}) =>
      many('cancel', { ...target, reason }, options),
    pauseMany: (target: SchedulesTarget, { reason, ...options }: StopOptions & Repeatable = {}) =>
      many('pause', { ...target, reason }, options),
    resumeMany: (target: SchedulesTarget, options?: Repeatable) => many('resume', target, options),
    moveMany: (target: SchedulesTarget, move: MoveTime, options?: Repeatable) =>
      many('move', { ...target, ...move }, options),
  };
};
