import type { Problem, RunEvent, RunRequested } from '@nightshift/contracts';

/** What every run has from its first event on. */
export interface RunFacts {
  readonly runId: string;
  /** Version of the newest event. */
  readonly version: number;
  readonly requested: RunRequested;
  readonly requestedAt: string;
  /** Absent until the run has started. */
  readonly startedAt?: string;
  /** Results of completed steps by name. Steps that were skipped or gave nothing are not in it. */
  readonly results: Readonly<Record<string, unknown>>;
  /** The step that is under way or next; equal to the number of steps when all are done. */
  readonly stepIndex: number;
  /** The attempt at that step that is under way or next, from 1. */
  readonly attempt: number;
  /** Whether `StepStarted` of that attempt has been recorded. */
  readonly isStepStarted: boolean;
}

/** What a waiting run waits for. */
export type Awaited =
  /** A `wait` step: then the step is complete. */
  | { readonly kind: 'time'; readonly until: string }
  /** The next attempt at a step that failed. */
  | { readonly kind: 'retry'; readonly until: string }
  /** The end of a run that a `call` step started. */
  | { readonly kind: 'run'; readonly calledRunId: string };

/**
 * A run, folded from its events. `scheduled` until its due time, `queued` until it starts, `running` while steps are
 * executed, `waiting` for a time or another run, `paused` while somebody holds it (what it was, and what reaches it meanwhile, is kept
 * in `held`), and in the end `succeeded`, `failed` or `cancelled`, which nothing changes any more.
 */
export type RunState =
  | { readonly status: 'none' }
  | (RunFacts & ActiveStatus)
  | (RunFacts & { readonly status: 'paused'; readonly held: RunFacts & ActiveStatus; readonly reason?: string })
  | (RunFacts & { readonly status: 'succeeded'; readonly result?: unknown })
  | (RunFacts & { readonly status: 'failed'; readonly problem: Problem })
  | (RunFacts & { readonly status: 'cancelled'; readonly reason?: string });

type ActiveStatus =
  | { readonly status: 'scheduled' }
  | { readonly status: 'queued' }
  /** `isWaitOver`: a `wait` step's time has come, and its completion is not recorded yet. */
  | { readonly status: 'running'; readonly isWaitOver: boolean }
  | { readonly status: 'waiting'; readonly awaited: Awaited };

type ActiveState = RunFacts & ActiveStatus;

export const initialState: RunState = { status: 'none' };

/** The state after an event. Total and silent: what happened is never refused, and what does not fit changes nothing but the version. */
export const evolve = (state: RunState, event: RunEvent): RunState => {
  switch (state.status) {
    case 'none':
      return event.type === 'RunRequested' ? requested(event) : state;
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return { ...state, version: event.version };
    case 'paused':
      return evolvePaused(state, event);
    default:
      return evolveActive(state, event);
  }
};

const requested = (event: RunEvent & { type: 'RunRequested' }): RunState => ({
  status: event.data.dueAt === undefined ? 'queued' : 'scheduled',
  runId: event.runId,
  version: event.version,
  requested: event.data,
  requestedAt: event.at,
  results: {},
  stepIndex: 0,
  attempt: 1,
  isStepStarted: false,
});

/** A held run takes in what reaches it, and shows it when it is resumed. */
const evolvePaused = (state: RunState & { status: 'paused' }, event: RunEvent): RunState => {
  const held = evolveActive(state.held, event);
  if (event.type === 'RunPaused') return { ...state, version: event.version };
  if (event.type === 'RunResumed' || !isActive(held)) return held;
  return paused(held, event.version, state.reason);
};

const isActive = (state: RunState): state is ActiveState =>
  state.status === 'scheduled' || state.status === 'queued' || state.status === 'running' || state.status === 'waiting';

const evolveActive = (state: ActiveState, event: RunEvent): RunState => {
  const { version } = event;
  switch (event.type) {
    case 'RunStarted':
      return { ...factsOf(state, version), startedAt: event.at, status: 'running', isWaitOver: false };
    case 'StepStarted':
      return { ...state, version, attempt: event.data.attempt, isStepStarted: true };
    case 'StepCompleted':
      return nextStep(state, version, withResult(state.results, event.data.step, event.data.result));
    case 'StepSkipped':
      return nextStep(state, version, state.results);
    case 'StepRetried':
      return {
        ...factsOf(state, version),
        attempt: event.data.attempt + 1,
        isStepStarted: false,
        status: 'waiting',
        awaited: { kind: 'retry', until: event.data.retryAt },
      };
    case 'WaitStarted':
      return waiting(state, version, event.data);
    case 'TimerFired':
      return timerFired(state, version);
    case 'RunPaused':
      return paused(state, version, event.data.reason);
    case 'RunSucceeded':
      return { ...factsOf(state, version), status: 'succeeded', result: event.data.result };
    case 'RunFailed':
      return { ...factsOf(state, version), status: 'failed', problem: event.data.problem };
    case 'RunCancelled':
      return { ...factsOf(state, version), status: 'cancelled', reason: event.data.reason };
    case 'RunRequested':
    case 'RunResumed':
    case 'StepFailed':
      return { ...state, version };
    default:
      event satisfies never;
      return ofNewerRelease(state, event);
  }
};

/** An event that only a newer release knows counts, and changes nothing else. */
const ofNewerRelease = (state: ActiveState, { version }: RunEvent): RunState => ({ ...state, version });

/** The facts alone, without what belongs to a status. Written out, because it runs for every event and a spread of unknown keys is slow. */
const factsOf = (facts: RunFacts, version: number): RunFacts => ({
  runId: facts.runId,
  version,
  requested: facts.requested,
  requestedAt: facts.requestedAt,
  startedAt: facts.startedAt,
  results: facts.results,
  stepIndex: facts.stepIndex,
  attempt: facts.attempt,
  isStepStarted: facts.isStepStarted,
});

const paused = (held: ActiveState, version: number, reason: string | undefined): RunState => ({
  ...factsOf(held, version),
  status: 'paused',
  held,
  reason,
});

const nextStep = (state: ActiveState, version: number, results: RunFacts['results']): RunState => ({
  runId: state.runId,
  version,
  requested: state.requested,
  requestedAt: state.requestedAt,
  startedAt: state.startedAt,
  results,
  stepIndex: state.stepIndex + 1,
  attempt: 1,
  isStepStarted: false,
  status: 'running',
  isWaitOver: false,
});

const withResult = (results: RunFacts['results'], step: string, result: unknown): RunFacts['results'] =>
  result === undefined ? results : { ...results, [step]: result };

const waiting = (state: ActiveState, version: number, data: { until?: string; calledRunId?: string }): RunState => {
  const facts = factsOf(state, version);
  if (data.calledRunId !== undefined)
    return { ...facts, status: 'waiting', awaited: { kind: 'run', calledRunId: data.calledRunId } };
  if (data.until === undefined) return { ...state, version };
  return { ...facts, status: 'waiting', awaited: { kind: 'time', until: data.until } };
};

const timerFired = (state: ActiveState, version: number): RunState => {
  if (state.status === 'scheduled') return { ...factsOf(state, version), status: 'queued' };
  if (state.status !== 'waiting' || state.awaited.kind === 'run') return { ...state, version };
  return { ...factsOf(state, version), status: 'running', isWaitOver: state.awaited.kind === 'time' };
};
