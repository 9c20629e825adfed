import type { Progress, RunView, Schedule, MoveScheduleBody } from '@nightshift/contracts';
import type { Followed } from '../events/followed.ts';
import { followEvents, type FollowedEvent, type FollowOptions } from '../events/follow-events.ts';
import { RunFailed } from '../nightshift-error.ts';
import type { makeRuns, StopOptions } from '../parts/runs.ts';
import type { Http, Repeatable } from '../transport/http.ts';
import { untilEnd, watch, type ProgressPart, type WaitOptions } from './watch.ts';

/** One run, wherever it is and whoever started it. It goes on whether somebody holds this or not. */
export interface RunHandle<Result = unknown> {
  readonly id: string;
  /**
   * What the run returns, when it has ended.
   * @throws RunFailed when it failed or was cancelled; NightshiftUnavailable `client.timeout`, after which it goes on
   */
  result(options?: WaitOptions): Promise<Result>;
  /** The run as it is now. */
  get(): Promise<RunView>;
  /** Its events from the first one on, and those to come, until it ends. */
  events(options?: Pick<FollowOptions, 'type' | 'filter' | 'lastEventId' | 'signal'>): Followed<FollowedEvent>;
  /** How far it is, then each time that this has changed, until the end. */
  progress(options?: { signal?: AbortSignal }): AsyncIterable<Progress>;
  cancel(options?: StopOptions): Promise<RunView>;
  pause(options?: StopOptions): Promise<RunView>;
  resume(options?: Repeatable): Promise<RunView>;
  /** Lets it go on at the step that failed. */
  retry(options?: Repeatable & { parameters?: Record<string, unknown> }): Promise<RunView>;
}

/** A run that starts at a moment. */
export interface ScheduleHandle<Result = unknown> extends RunHandle<Result> {
  readonly scheduleId: string;
  readonly dueAt: string;
  /** Lets it start at another moment, or with other parameters. */
  move(move: MoveScheduleBody, options?: Repeatable): Promise<Schedule>;
}

export interface RunHandleDeps {
  http: Http;
  runs: Pick<ReturnType<typeof makeRuns>, 'get' | 'cancel' | 'pause' | 'resume' | 'retry'>;
  progress: ProgressPart;
}

export const makeRunHandle =
  ({ http, runs, progress }: RunHandleDeps) =>
  <Result = unknown>(id: string): RunHandle<Result> => ({
    id,
    result: async (options) => {
      // One that was retried between the two questions has not ended after all.
      for (;;) {
        await untilEnd(progress, id, options);
        const { status, result, problem } = await runs.get(id);
        if (status === 'succeeded') return result as Result;
        if (status === 'cancelled') throw new RunFailed(id, status, problem ?? cancelled(id));
        if (status === 'failed') throw new RunFailed(id, status, problem ?? failed);
      }
    },
    get: () => runs.get(id),
    events: (options) => followEvents(http, { ...options, run: id }),
    progress: (options) => watch(progress, id, options),
    cancel: (options) => runs.cancel(id, options),
    pause: (options) => runs.pause(id, options),
    resume: (options) => runs.resume(id, options),
    retry: (options) => runs.retry(id, options),
  });

const cancelled = (id: string) => ({
  type: 'https://nightshift.dev/failures/run.cancelled',
  title: 'The run was cancelled',
  status: 409,
  code: 'run.cancelled',
  instance: `/v1/runs/${id}`,
});

const failed = {
  type: 'https://nightshift.dev/failures/run.failed',
  title: 'The run failed',
  status: 500,
  code: 'run.failed',
};
