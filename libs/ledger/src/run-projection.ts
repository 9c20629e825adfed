import type { NewRunEvent, Problem, RunRequested, RunStatus } from '@nightshift/contracts';

/**
 * How long after a run was made ready (or last seen in work) the reconciler leaves it alone. Shorter, and it sends
 * dispatches after runs that are only being redelivered; longer, and a run whose dispatch was lost waits longer.
 */
export const LEASE_MS = 4_000;

/** The same, as SQL writes it. */
export const LEASE_INTERVAL = `interval '${LEASE_MS} milliseconds'`;

/** A new row of `runs`. */
export interface NewRun {
  status: 'scheduled' | 'queued';
  /** When the reconciler should look at it; null: never, it is not ready. */
  leaseUntil: string | null;
}

/** What some events change in the run's row. */
export interface RunPatch {
  status: RunStatus;
  startedAt: string | null;
  /** Null: as it was requested. */
  workflowVersion: number | null;
  finishedAt: string | null;
  result: unknown;
  problem: Problem | null;
  /** `keep`: an executor has it; `none`: nothing moves it but a timer or an outcome; `renew`: it is ready again. */
  lease: 'keep' | 'none' | 'renew';
}

export const leaseFrom = (at: string): string => new Date(Date.parse(at) + LEASE_MS).toISOString();

/** The row of a run that is requested at `at`. */
export const projectRequest = (requested: RunRequested, at: string): NewRun => {
  const isDue = requested.dueAt === undefined;
  return { status: isDue ? 'queued' : 'scheduled', leaseUntil: isDue ? leaseFrom(at) : null };
};

/** What the events change in the run's row, or undefined if nothing: steps alone cost no update. */
export const projectEvents = (events: readonly NewRunEvent[], at: string): RunPatch | undefined => {
  let patch: RunPatch | undefined;
  const move = (status: RunStatus, lease: RunPatch['lease']): RunPatch => {
    patch = {
      startedAt: null,
      workflowVersion: null,
      finishedAt: null,
      result: undefined,
      problem: null,
      ...patch,
      status,
      lease,
    };
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
      case 'WaitStarted':
      case 'StepRetried':
        move('waiting', 'none');
        break;
      case 'TimerFired':
      case 'RunResumed':
        move('queued', 'renew');
        break;
      case 'RunPaused':
        move('paused', 'none');
        break;
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
      case 'StepStarted':
      case 'StepCompleted':
      case 'StepSkipped':
      case 'StepFailed':
        break;
    }
  }
  return patch;
};
