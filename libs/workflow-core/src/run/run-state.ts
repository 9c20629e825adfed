import { isDueAt, type Problem, type RunEvent, type RunRequested, type RunStatus } from '@nightshift/contracts';

/** What a step that is under way waits for. */
export type Awaited =
  /** A `wait` step: then the step is complete. */
  | { readonly kind: 'time'; readonly until: string }
  /** The next attempt at a step that failed. */
  | { readonly kind: 'retry'; readonly until: string }
  /** The end of a run that a `call` step started. */
  | { readonly kind: 'run'; readonly calledRunId: string }
  /** An outside event. */
  | { readonly kind: 'event' }
  /** The outside event has come, and the step's completion is not recorded yet. */
  | { readonly kind: 'received'; readonly event: unknown }
  /** A lock that another run holds: until it is let go, or at `until` its holder's lease ends. */
  | { readonly kind: 'lock'; readonly lock: string; readonly until: string; readonly since: string };

/** How far a `for` is. */
export interface LoopState {
  /** Absent: it goes on as long as its `while` is true. */
  readonly items?: readonly unknown[];
  /** The round that is under way, or was last; -1 before the first. */
  readonly index: number;
  readonly isInRound: boolean;
  /** What the rounds so far returned. */
  readonly returned: readonly unknown[];
}

/** A completed step that is to be undone if what comes later fails, and what its undoing sees. */
export interface Undo {
  readonly step: string;
  readonly iteration?: string;
  readonly results: RunFacts['results'];
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * A failure that a `catch`, another round of a block, or the run's end takes: after the undoings, the last completed step first.
 */
export interface TakenFailure {
  readonly step: string;
  readonly attempt: number;
  readonly problem: Problem;
  readonly undo: readonly Undo[];
}

/** A step that is under way. */
export interface StepState {
  /** The attempt that is under way or next, from 1. */
  readonly attempt: number;
  /** Attempts before this one do not count for the limits of `retry`: somebody retried the run. */
  readonly countedFrom: number;
  /** An attempt is recorded to have begun: its `if` was met, and is not asked again. */
  readonly isConditionMet?: boolean;
  /** Whether `StepStarted` of that attempt has been recorded, and when. */
  readonly startedAt?: string;
  readonly awaited?: Awaited;
  /** Of a `switch`: the case that was taken. */
  readonly branch?: string;
  /** Of a `lock`: the lock that the run holds. */
  readonly lock?: string;
  readonly loop?: LoopState;
  /** Of a `fork`: what the branches gave that are done. */
  readonly branches?: Readonly<Record<string, unknown>>;
  /** Its `catch` has taken a failure; or, of a block that waits for its next round, what it did is being undone before. */
  readonly taken?: TakenFailure;
}

/** What every run has from its first event on. */
export interface RunFacts {
  readonly runId: string;
  /** Version of the newest event. */
  readonly version: number;
  readonly requested: RunRequested;
  readonly requestedAt: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Absent until the run has started; of a retried run, when it was retried. */
  readonly startedAt?: string;
  /** It stands in its workflow's queue, and does not start. */
  readonly awaitsAdmission?: boolean;
  /** It left the queue: it takes a place in its workflow's flow until it ends. */
  readonly isAdmitted?: boolean;
  /** It was held once and let go: its guards are not asked again. */
  readonly isReleased?: boolean;
  /** Timers up to this moment have fired, whatever the clock of this machine says. */
  readonly reachedMs: number;
  /** Results of completed steps by name. Steps that were skipped or gave nothing are not in it, nor those of a loop's earlier rounds. */
  readonly results: Readonly<Record<string, unknown>>;
  /** By the id of each open sequence: how many of its steps are done. */
  readonly positions: Readonly<Record<string, number>>;
  /** The steps under way, by name: in one sequence there is at most one. */
  readonly steps: Readonly<Record<string, StepState>>;
  /** Completed steps that have a `compensate`, in the order of their completion. */
  readonly undo: readonly Undo[];
  /** A failure that nothing caught: the run fails with it when the undoings are done. */
  readonly failing?: TakenFailure;
}

/**
 * A run, folded from its events. `scheduled` until its due time, `queued` until it starts, `running` while its steps are gone through, also
 * while it waits; `paused` while somebody holds it (`was` is what it is when it is resumed); and in the end `succeeded`, `failed` or
 * `cancelled`. Only a failed one can be taken up again, by `RunRetried`.
 */
export type RunState =
  | { readonly status: 'none' }
  | (RunFacts & { readonly status: 'scheduled' | 'queued' | 'running' })
  | (RunFacts & {
      readonly status: 'paused';
      readonly was: 'scheduled' | 'queued' | 'running';
      readonly reason?: string;
    })
  | (RunFacts & { readonly status: 'succeeded'; readonly result?: unknown })
  | (RunFacts & { readonly status: 'failed'; readonly problem: Problem })
  | (RunFacts & { readonly status: 'cancelled'; readonly reason?: string });

/** A run that has been requested. */
export type KnownRun = Exclude<RunState, { status: 'none' }>;

export const initialState: RunState = { status: 'none' };

/** The state of a run that was just requested. Every key is there from the beginning: states of one shape are copied several times as fast. */
export const requestedState = (event: RunEvent & { type: 'RunRequested' }): KnownRun => ({
  status: isDueAt(event.data, event.at) ? 'queued' : 'scheduled',
  runId: event.runId,
  version: event.version,
  requested: event.data,
  requestedAt: event.at,
  parameters: event.data.parameters,
  startedAt: undefined,
  awaitsAdmission: undefined,
  isAdmitted: undefined,
  isReleased: undefined,
  reachedMs: 0,
  results: {},
  positions: { '': 0 },
  steps: {},
  undo: [],
  failing: undefined,
});

export const isEnded = (status: RunStatus | 'none'): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';
