import {
  isDueAt,
  type NewRunEvent,
  type Problem,
  type RunEventData,
  type RunRequested,
  type RunStatus,
} from '@nightshift/contracts';
import type { Append, RequestedRun } from './append.ts';

/**
 * How long after a run was made ready (or last seen in work) the reconciler leaves it alone. Shorter, and it sends
 * dispatches after runs that are only being redelivered; longer, and a run whose dispatch was lost waits longer.
 */
export const LEASE_MS = 4_000;

/** The same, as SQL writes it. */
export const LEASE_INTERVAL = `interval '${LEASE_MS} milliseconds'`;

/** A new row of `runs`. */
export interface NewRun {
  status: RunStatus;
  /** When the reconciler should look at it; null: never, it is not ready. */
  leaseUntil: string | null;
  startedAt: string | null;
  pausedAt: string | null;
  heldBy: string | null;
  progress: RunProgress | null;
}

export type RunProgress = Omit<RunEventData<'ProgressReported'>, 'step' | 'iteration'>;

/** What a `progress` step does not say stays as it was said before, and what is done does not become less. As `nightshift.merge_progress`. */
export const mergeProgress = (before: RunProgress | null, said: RunProgress): RunProgress => {
  const merged = { ...before, ...said };
  return before?.done !== undefined && merged.done !== undefined
    ? { ...merged, done: Math.max(before.done, merged.done) }
    : merged;
};

/** What some events change in the run's row. */
export interface RunPatch {
  /**
   * Null: as it was. What depends on the row is decided there: `resumed` is running, scheduled or queued, `awake` is running or queued,
   * `resting` is waiting, `rescheduled` is scheduled or queued; these three and `running` leave a paused run paused.
   */
  status: RunStatus | 'resumed' | 'awake' | 'resting' | 'rescheduled' | null;
  startedAt: string | null;
  /** Null: as it was requested. */
  workflowVersion: number | null;
  finishedAt: string | null;
  result: unknown;
  problem: Problem | null;
  heldBy: string | null;
  /** Null: as it was. */
  dueAt: string | null;
  /** Null: as it was. */
  progress: RunProgress | null;
  /** It had failed, and counts as failed in its list no longer. */
  isRetried: boolean;
  /** `keep`: an executor has it; `none`: nothing moves it but what comes from outside; `renew`: it is ready again. */
  lease: 'keep' | 'none' | 'renew';
}

export const leaseFrom = (at: string): string => new Date(Date.parse(at) + LEASE_MS).toISOString();

/** What follows the request in a run's first commit. */
export const eventsAfterRequest = ({
  held,
  history,
}: Pick<RequestedRun, 'held' | 'history'>): readonly NewRunEvent[] =>
  held ? [...(history ?? []), { type: 'RunPaused', data: held }] : (history ?? nothing);

const nothing: readonly NewRunEvent[] = [];

/** The row of a run that is requested at `at`, with what followed in the same commit. */
export const projectRequest = (
  requested: RunRequested,
  at: string,
  followedBy: readonly NewRunEvent[] = nothing,
): NewRun => {
  const isDue = isDueAt(requested, at);
  const row: NewRun = {
    status: isDue ? 'queued' : 'scheduled',
    leaseUntil: isDue ? leaseFrom(at) : null,
    startedAt: null,
    pausedAt: null,
    heldBy: null,
    progress: null,
  };
  const patch = projectEvents(followedBy, at);
  if (!patch) return row;
  const isPaused = patch.status === 'paused';
  return {
    status: isPaused ? 'paused' : patch.startedAt ? 'running' : row.status,
    leaseUntil: isPaused ? null : row.leaseUntil,
    startedAt: patch.startedAt,
    pausedAt: isPaused ? at : null,
    heldBy: patch.heldBy,
    progress: patch.progress,
  };
};

const untouched: RunPatch = {
  status: null,
  startedAt: null,
  workflowVersion: null,
  finishedAt: null,
  result: undefined,
  problem: null,
  heldBy: null,
  dueAt: null,
  progress: null,
  isRetried: false,
  lease: 'keep',
};

/** What the events change in the run's row, or undefined if nothing: steps alone cost no update. */
export const projectEvents = (
  events: readonly NewRunEvent[],
  at: string,
  rests?: Append['rests'],
): RunPatch | undefined => {
  let patch: RunPatch | undefined;
  const move = (status: RunPatch['status'], lease: RunPatch['lease']): RunPatch => {
    patch = { ...(patch ?? untouched), status, lease };
    return patch;
  };
  for (const event of events) {
    switch (event.type) {
      case 'RunStarted': {
        const started = move('running', 'keep');
        started.startedAt = at;
        started.workflowVersion = event.data.workflowVersion ?? null;
        break;
      }
      case 'TimerFired':
      case 'EventReceived':
        move('awake', 'renew');
        break;
      case 'RunPaused':
        move('paused', 'none').heldBy = event.data.guard?.name ?? event.data.by ?? null;
        break;
      case 'RunResumed':
        move('resumed', 'renew').heldBy = null;
        break;
      case 'RunRescheduled': {
        const rescheduled = move('rescheduled', 'renew');
        rescheduled.dueAt = event.data.dueAt ?? null;
        rescheduled.workflowVersion = event.data.workflowVersion ?? null;
        break;
      }
      case 'RunRetried':
        move('running', 'renew').isRetried = true;
        break;
      case 'ProgressReported': {
        const { step: _step, iteration: _iteration, ...said } = event.data;
        patch = { ...(patch ?? untouched), progress: mergeProgress(patch?.progress ?? null, said) };
        break;
      }
      case 'RunSucceeded': {
        const succeeded = move('succeeded', 'none');
        succeeded.finishedAt = at;
        succeeded.result = event.data.result;
        break;
      }
      case 'RunFailed': {
        const failed = move('failed', 'none');
        failed.finishedAt = at;
        failed.problem = event.data.problem;
        break;
      }
      case 'RunCancelled':
        move('cancelled', 'none').finishedAt = at;
        break;
      case 'RunRequested':
      case 'AdmissionAwaited':
      case 'RunAdmitted':
      case 'StepStarted':
      case 'StepCompleted':
      case 'StepSkipped':
      case 'StepFailed':
      case 'StepRetried':
      case 'StepCompensated':
      case 'CompensationFailed':
      case 'IterationStarted':
      case 'IterationCompleted':
      case 'BranchCompleted':
      case 'WaitStarted':
      case 'AnswerGiven':
      case 'LogWritten':
        break;
    }
  }
  const isHeldOrEnded = patch?.status === 'paused' || patch?.finishedAt;
  return rests && !isHeldOrEnded ? move('resting', rests.looks ? 'renew' : 'none') : patch;
};
