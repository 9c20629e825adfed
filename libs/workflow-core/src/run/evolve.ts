import { isDueAt, rescheduled, type RunEvent } from '@nightshift/contracts';
import { evolveSteps, retrySteps } from './evolve-steps.ts';
import type { Plan } from './plan.ts';
import { requestedState, type KnownRun, type RunState } from './run-state.ts';

/**
 * The state after an event. Total and silent: what happened is never refused, and what does not fit (an event that only a newer release
 * knows, a step that the plan has not) changes nothing but the version.
 */
export const evolve = (plan: Plan, state: RunState, event: RunEvent): RunState => {
  if (state.status === 'none') return event.type === 'RunRequested' ? requestedState(event) : state;
  const { version } = event;
  switch (event.type) {
    case 'AdmissionAwaited':
      return { ...state, version, awaitsAdmission: true };
    case 'RunAdmitted':
      return { ...state, version, awaitsAdmission: false, isAdmitted: true };
    case 'RunStarted':
      return asStatus({ ...state, version, startedAt: event.at }, 'running');
    case 'TimerFired': {
      const reachedMs = Math.max(state.reachedMs, Date.parse(event.data.dueAt));
      const next = { ...state, version, reachedMs };
      return statusOf(state) === 'scheduled' ? asStatus(next, 'queued') : next;
    }
    case 'RunPaused': {
      const was = active(state);
      return was === undefined
        ? { ...state, version }
        : { ...state, version, status: 'paused', was, reason: event.data.reason };
    }
    case 'RunResumed':
      return state.status === 'paused'
        ? {
            ...state,
            version,
            isReleased: true,
            status: state.was === 'scheduled' && isDueAt(state.requested, event.at) ? 'queued' : state.was,
          }
        : { ...state, version };
    case 'RunRescheduled':
      return moved(state, event);
    case 'RunRetried':
      return state.status === 'failed' ? retried(plan, state, event) : { ...state, version };
    case 'RunSucceeded':
      return { ...state, version, status: 'succeeded', result: event.data.result };
    case 'RunFailed':
      return { ...state, version, status: 'failed', problem: event.data.problem };
    case 'RunCancelled':
      return { ...state, version, status: 'cancelled', reason: event.data.reason };
    case 'RunRequested':
      return { ...state, version };
    default:
      return evolveSteps(plan, state, event);
  }
};

const active = (state: KnownRun): 'scheduled' | 'queued' | 'running' | undefined => {
  const { status } = state;
  return status === 'scheduled' || status === 'queued' || status === 'running' ? status : undefined;
};

/** What the run is, or will be when it is resumed. */
const statusOf = (state: KnownRun): KnownRun['status'] => (state.status === 'paused' ? state.was : state.status);

/** A held run takes in what reaches it, and shows it when it is resumed. */
const asStatus = (state: KnownRun, status: 'scheduled' | 'queued' | 'running'): KnownRun =>
  state.status === 'paused' ? { ...state, was: status } : ({ ...state, status } as KnownRun);

/** What has begun or ended goes on as it was requested. */
const moved = (state: KnownRun, { version, at, data }: RunEvent & { type: 'RunRescheduled' }): KnownRun => {
  const status = statusOf(state);
  if (status !== 'scheduled' && status !== 'queued') return { ...state, version };
  const requested = rescheduled(state.requested, data);
  const next = { ...state, version, requested, parameters: requested.parameters };
  return asStatus(next, isDueAt(requested, at) ? 'queued' : 'scheduled');
};

/** The run goes on where it was, and its time limit counts from now. */
const retried = (
  plan: Plan,
  state: KnownRun & { status: 'failed' },
  { version, at, data }: RunEvent & { type: 'RunRetried' },
): KnownRun => {
  const { problem: _, failing: __, ...facts } = retrySteps(plan, state, at);
  return {
    ...facts,
    version,
    status: state.startedAt === undefined ? 'queued' : 'running',
    ...(state.startedAt !== undefined && { startedAt: at }),
    parameters: data.parameters ?? state.parameters,
  };
};
