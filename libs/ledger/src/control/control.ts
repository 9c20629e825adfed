import type { FailureCode, NewRunEvent, RunStatus } from '@nightshift/contracts';
import type { RequestedRun } from '../append.ts';
import type { ScheduleCriteria } from '../schedules/criteria.ts';
import type { ReplayOptions } from './replay-run.ts';

/** Which runs: those named, or all that every given criterion fits. A chain and a list are named by their ids. */
export type ControlTarget = { runIds: readonly string[] } | { where: ControlWhere };

export interface ControlWhere extends ScheduleCriteria {
  workflow?: string;
  status?: RunStatus;
  chainId?: string;
  listId?: string;
  /** Runs that this run has started itself. */
  parentRunId?: string;
  requestedBefore?: Date;
  requestedAfter?: Date;
}

/** A run that was changed, and what its caller needs to tell the others. */
export interface ChangedRun {
  runId: string;
  /** Of the event that changed it. */
  version: number;
  wasStatus: RunStatus;
  status: RunStatus;
  /** The gateway that holds a caller waiting for the run's outcome. */
  waiter?: string;
  workflow: string;
  /** The list that the run is an item of. */
  listId: string | null;
  /** The run that waits for this one's outcome. */
  callerRunId: string | null;
  dueAt: string | null;
}

/** A run that stays as it is. `status` null: there is no such run. */
export interface UnchangedRun {
  runId: string;
  status: RunStatus | null;
  reason: Extract<
    FailureCode,
    | 'run.not_found'
    | 'run.ended'
    | 'run.paused'
    | 'run.not_paused'
    | 'run.not_failed'
    | 'run.compensated'
    | 'schedule.not_found'
    | 'schedule.started'
    | 'ledger.unavailable'
  >;
}

export interface ControlResult {
  changed: ChangedRun[];
  /** Of runs that were named: all that stay as they are. Of criteria: those that cannot be changed though the criteria fit. */
  unchanged: UnchangedRun[];
  /** Runs that waited for a lock that a cancelled one held, and are ready now. */
  wokenRunIds: string[];
}

/** An event that ends a run. */
export type EndingEvent = Extract<NewRunEvent, { type: 'RunSucceeded' | 'RunFailed' | 'RunCancelled' }>;

export interface ControlOptions {
  /**
   * Told of each batch of changed runs as it is committed; `changed` then stays empty. For targets of unknown size: what is changed
   * by criteria is kept in memory otherwise.
   */
  onChanged?: (changed: readonly ChangedRun[]) => void | Promise<void>;
  /** Only runs that wait for their time, or are held before it: one that is ready is as good as started. */
  onlySchedules?: boolean;
}

/** How a run that waits for its time is moved. Nothing: it starts when it did. */
export interface Move {
  dueAt?: string;
  /** Later than it was due by as much. */
  byMs?: number;
  /** Whole: in place of its own. */
  parameters?: Record<string, unknown>;
}

/** What somebody outside of a run does to it. All of it acts on as many runs as there are, a thousand in a commit or two. */
export interface Control {
  /** Ends runs that have not ended. */
  cancel(target: ControlTarget, options?: ControlOptions & { reason?: string }): Promise<ControlResult>;
  /** Ends runs that have not ended and not started, each as it is said of it. Up to a thousand. */
  end(endings: readonly { runId: string; event: EndingEvent }[]): Promise<ControlResult>;
  /** Holds runs that have not ended, wherever they are. */
  pause(target: ControlTarget, options?: ControlOptions & { reason?: string }): Promise<ControlResult>;
  /** Lets paused runs go on: scheduled again, if they were due later; ready otherwise. */
  resume(target: ControlTarget, options?: ControlOptions): Promise<ControlResult>;
  /**
   * Lets failed runs go on at the step that failed, with corrected parameters if they are given. A run whose steps were undone stays
   * failed. An item counts in its list again when it ends; a list that has ended stays so, only its counts follow.
   */
  retry(
    target: ControlTarget,
    options?: ControlOptions & { parameters?: Record<string, unknown> },
  ): Promise<ControlResult>;
  /** Moves schedules that have not started. */
  move(target: ControlTarget, move: Move, options?: ControlOptions): Promise<ControlResult>;
  /**
   * Lets those runs of a workflow go on that one of its guards holds though what it counted is within the limit now. `limits`: by
   * guard; null: there is none any more.
   */
  resumeGuarded(workflow: string, limits: Readonly<Record<string, number | null>>): Promise<ChangedRun[]>;
  /**
   * Admits a new run that repeats another one, which may have ended or not, from a step on: it begins with a copy of what happened before
   * that step. The caller dispatches it, without the request if it has a history.
   * @throws Failure `run.not_found`, `step.not_found`
   */
  replay(runId: string, options: ReplayOptions): Promise<RequestedRun>;
}
