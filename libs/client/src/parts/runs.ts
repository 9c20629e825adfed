import type {
  ControlledRuns,
  Page,
  ReplayRunBody,
  RunEvent,
  RunStatus,
  RunsTarget,
  RunView,
  StartedRun,
} from '@nightshift/contracts';
import type { AnyDeployment, Deployment, ParametersOf, ResultOf, WithParameters, WorkflowOf } from '../deployment.ts';
import { pathOf, type CallOptions, type Http, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';
import { WAIT_MAX_MS } from './wait.ts';

export interface StartOptions extends Repeatable {
  /** How long to wait for the end: `10s`. Without it, the answer comes as soon as the run is safe. */
  wait?: string;
}

export interface RunSearch {
  workflow?: string;
  status?: RunStatus;
  list?: string;
  chain?: string;
  /** The run that has started them. */
  parent?: string;
  requestedAfter?: string;
  requestedBefore?: string;
  key?: string;
  /** The name of who asked for it. */
  user?: string;
  dueAfter?: string;
  dueBefore?: string;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

export interface StopOptions extends Repeatable {
  /** Kept in the run's history. */
  reason?: string;
}

/** A run that was waited for has its `status`, and then its `result` or its `problem`. */
export type Started<Result> = Omit<StartedRun, 'result'> & { result?: Result };

type Action = 'cancel' | 'pause' | 'resume' | 'retry' | 'replay';

export const makeRuns = <D extends Deployment = AnyDeployment>(http: Http) => {
  const one = <Answer>(id: string, action: Action, json: object, options?: Repeatable): Promise<Answer> =>
    http.json({ ...options, method: 'POST', path: pathOf('v1', 'runs', id, action), json });
  const many = (action: Action, json: object, options?: Repeatable): Promise<ControlledRuns> =>
    http.json({ ...options, method: 'POST', path: pathOf('v1', 'runs', action), json });
  const search = (query: RunSearch = {}, options?: CallOptions): Promise<Page<RunView>> =>
    http.json({ ...options, path: '/v1/runs', query: { ...query } });

  return {
    /** Starts a run. A run that was waited for and failed is an answer, not an error: see `status`. */
    start: <W extends WorkflowOf<D>>(
      workflow: W,
      ...[parameters, { wait, ...options } = {}]: WithParameters<ParametersOf<D, W>, StartOptions>
    ): Promise<Started<ResultOf<D, W>>> =>
      http.json({
        ...options,
        method: 'POST',
        path: pathOf('v1', 'workflows', workflow, 'runs'),
        query: { wait },
        json: { parameters: parameters ?? {} },
        ...(wait !== undefined && { patienceMs: WAIT_MAX_MS }),
      }),
    get: (id: string, options?: CallOptions): Promise<RunView> =>
      http.json({ ...options, path: pathOf('v1', 'runs', id) }),
    /** The run's history after a version, oldest first. */
    events: async (id: string, { after }: { after?: number } = {}): Promise<RunEvent[]> =>
      (await http.json<Page<RunEvent>>({ path: pathOf('v1', 'runs', id, 'events'), query: { after } })).items,
    /** One page, newest first. */
    search,
    /** All that a search finds, page after page. */
    all: (query: RunSearch = {}): AsyncGenerator<RunView> => allOf((cursor) => search({ ...query, cursor })),

    /** Ends a run that has not ended. */
    cancel: (id: string, { reason, ...options }: StopOptions = {}): Promise<RunView> =>
      one(id, 'cancel', { reason }, options),
    /** Holds a run where it is, until it is resumed. */
    pause: (id: string, { reason, ...options }: StopOptions = {}): Promise<RunView> =>
      one(id, 'pause', { reason }, options),
    resume: (id: string, options?: Repeatable): Promise<RunView> => one(id, 'resume', {}, options),
    /** Lets a failed run go on at the step that failed, with corrected parameters if they are given. */
    retry: (
      id: string,
      { parameters, ...options }: Repeatable & { parameters?: Record<string, unknown> } = {},
    ): Promise<RunView> => one(id, 'retry', { parameters }, options),
    /** Starts a new run like this one, from its beginning or from one of its steps on. */
    replay: (id: string, replay: ReplayRunBody = {}, options?: Repeatable): Promise<{ runId: string }> =>
      one(id, 'replay', replay, options),

    /** The same for all runs that are named or found. What cannot be changed is counted out, not an error. */
    cancelMany: (target: RunsTarget, { reason, ...options }: StopOptions = {}) =>
      many('cancel', { ...target, reason }, options),
    pauseMany: (target: RunsTarget, { reason, ...options }: StopOptions = {}) =>
      many('pause', { ...target, reason }, options),
    resumeMany: (target: RunsTarget, options?: Repeatable) => many('resume', target, options),
    retryMany: (target: RunsTarget, options?: Repeatable) => many('retry', target, options),
    replayMany: (target: RunsTarget, replay: Omit<ReplayRunBody, 'parameters'> = {}, options?: Repeatable) =>
      many('replay', { ...target, ...replay }, options),
  };
};
