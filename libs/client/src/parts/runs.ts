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

export interface StopOptions {
  /** Kept in the run's history. */
  reason?: string;
}

type Action = 'cancel' | 'pause' | 'resume' | 'retry' | 'replay';

export const makeRuns = (http: Http) => {
  const one = <Answer>(id: string, action: Action, json: object = {}): Promise<Answer> =>
    http.json({ method: 'POST', path: pathOf('v1', 'runs', id, action), json });
  const many = (action: Action, json: object): Promise<ControlledRuns> =>
    http.json({ method: 'POST', path: pathOf('v1', 'runs', action), json });

  return {
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
    /** Newest first. */
    search: (search: RunSearch = {}): Promise<Page<RunView>> => http.json({ path: '/v1/runs', query: { ...search } }),

    /** Ends a run that has not ended. */
    cancel: (id: string, { reason }: StopOptions = {}): Promise<RunView> => one(id, 'cancel', { reason }),
    /** Holds a run where it is, until it is resumed. */
    pause: (id: string, { reason }: StopOptions = {}): Promise<RunView> => one(id, 'pause', { reason }),
    resume: (id: string): Promise<RunView> => one(id, 'resume'),
    /** Lets a failed run go on at the step that failed, with corrected parameters if they are given. */
    retry: (id: string, { parameters }: { parameters?: Record<string, unknown> } = {}): Promise<RunView> =>
      one(id, 'retry', { parameters }),
    /** Starts a new run like this one, from its beginning or from one of its steps on. */
    replay: (id: string, replay: ReplayRunBody = {}): Promise<{ runId: string }> => one(id, 'replay', replay),

    /** The same for all runs that are named or found. What cannot be changed is counted out, not an error. */
    cancelMany: (target: RunsTarget, { reason }: StopOptions = {}) => many('cancel', { ...target, reason }),
    pauseMany: (target: RunsTarget, { reason }: StopOptions = {}) => many('pause', { ...target, reason }),
    resumeMany: (target: RunsTarget) => many('resume', target),
    retryMany: (target: RunsTarget) => many('retry', target),
    replayMany: (target: RunsTarget, replay: Omit<ReplayRunBody, 'parameters'> = {}) =>
      many('replay', { ...target, ...replay }),
  };
};
