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
import type { AnyDeployment, Deployment, ParametersOf, WorkflowOf } from '../deployment.ts';
import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';
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

/** What to schedule, with the parameters of its workflow. */
export type ScheduleFor<Parameters> = Omit<ScheduleBody, 'parameters'> &
  (Partial<Parameters> extends Parameters ? { parameters?: Parameters } : { parameters: Parameters });

export const makeSchedules = <D extends Deployment = AnyDeployment>(http: Http) => {
  const many = (
    action: 'cancel' | 'pause' | 'resume' | 'move',
    json: object,
    options?: Repeatable,
  ): Promise<ControlledRuns> =>
    http.json({ ...options, method: 'POST', path: pathOf('v1', 'schedules', action), json });
  const list = ({ parameters = {}, ...search }: ScheduleSearch = {}): Promise<SchedulePage> => {
    const within = Object.entries(parameters).map(([path, value]) => [`parameter.${path}`, value] as const);
    return http.json({ path: '/v1/schedules', query: { ...search, ...Object.fromEntries(within) } });
  };

  return {
    /** Schedules one run, `at` a moment or `in` a while. With a `key`, one that waits under it is changed instead, and keeps its id. */
    create: <W extends WorkflowOf<D>>(
      workflow: W,
      body: ScheduleFor<ParametersOf<D, W>>,
      options?: Repeatable,
    ): Promise<Scheduled> =>
      http.json({ ...options, method: 'POST', path: pathOf('v1', 'workflows', workflow, 'schedules'), json: body }),
    get: (id: string): Promise<Schedule> => http.json({ path: pathOf('v1', 'schedules', id) }),
    /** In order of their due times: those that wait for it, unless another status is asked for, or `any`. */
    list,
    /** All of them, page after page. */
    all: (search: ScheduleSearch = {}): AsyncGenerator<Schedule> => allOf((cursor) => list({ ...search, cursor })),
    /** Lets one that has not started start at another time, or with other parameters. */
    move: (id: string, move: MoveScheduleBody, options?: Repeatable): Promise<Schedule> =>
      http.json({ ...options, method: 'PATCH', path: pathOf('v1', 'schedules', id), json: move }),
    cancel: (id: string): Promise<Schedule> => http.json({ method: 'DELETE', path: pathOf('v1', 'schedules', id) }),

    /** The same for all that are named or found. What has started stays as it is, and is counted out. */
    cancelMany: (target: SchedulesTarget, { reason, ...options }: StopOptions = {}) =>
      many('cancel', { ...target, reason }, options),
    pauseMany: (target: SchedulesTarget, { reason, ...options }: StopOptions = {}) =>
      many('pause', { ...target, reason }, options),
    resumeMany: (target: SchedulesTarget, options?: Repeatable) => many('resume', target, options),
    moveMany: (target: SchedulesTarget, move: MoveTime, options?: Repeatable) =>
      many('move', { ...target, ...move }, options),
  };
};
