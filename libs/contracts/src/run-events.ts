import { Type, type Static, type TSchema } from 'typebox';
import { CallerSchema } from './caller.ts';
import { EndpointAnswerSchema } from './endpoint.ts';
import { ProblemSchema } from './problem.ts';

/**
 * What happens to a run, in the past tense. Released schemas are never edited: a new need is a new optional
 * field or a new event. Types are added, never renamed.
 */

/** What made a run start. */
export const CauseSchema = Type.Union([
  /** `POST /v1/workflows/{name}/runs` */
  Type.Object({ kind: Type.Literal('api') }),
  /** `ANY /wf/{name}` */
  Type.Object({ kind: Type.Literal('endpoint'), method: Type.String() }),
  /** `POST …/schedules`, or a `schedule` step with a time. */
  Type.Object({ kind: Type.Literal('schedule'), dueAt: Type.String() }),
  /** One item of a list. */
  Type.Object({ kind: Type.Literal('list'), listId: Type.String(), index: Type.Integer() }),
  /** The end of a list: its `onComplete` workflow. */
  Type.Object({ kind: Type.Literal('listCompleted'), listId: Type.String() }),
  /** Another share of a list has ended: its `onProgress` workflow. */
  Type.Object({ kind: Type.Literal('listProgress'), listId: Type.String(), step: Type.Integer() }),
  /** An item of a list has failed: the list's `onItemFailed` workflow. */
  Type.Object({
    kind: Type.Literal('listItemFailed'),
    listId: Type.String(),
    index: Type.Integer(),
    runId: Type.String(),
  }),
  /** One planned occurrence of a recurrence. */
  Type.Object({ kind: Type.Literal('recurrence'), key: Type.String(), plannedAt: Type.String() }),
  /** A change of a thing; `changeId` is its position in the database's log. */
  Type.Object({ kind: Type.Literal('change'), changeId: Type.String() }),
  /** `nightshift.start` or `nightshift.schedule`, called in SQL; `startId` is the call's position in the database's log. */
  Type.Object({ kind: Type.Literal('sql'), startId: Type.String() }),
  /** An outside event, or one that a run has emitted. `replay`: which replay of the event. */
  Type.Object({
    kind: Type.Literal('event'),
    source: Type.String(),
    eventId: Type.String(),
    replay: Type.Optional(Type.String()),
  }),
  /** A `schedule` step of a run of the same workflow: the next cycle of a chain. */
  Type.Object({ kind: Type.Literal('chain'), runId: Type.String(), step: Type.String() }),
  /** A `schedule` step of a run of another workflow. */
  Type.Object({ kind: Type.Literal('run'), runId: Type.String(), step: Type.String() }),
  /** A `call` step: the caller waits for the result. */
  Type.Object({ kind: Type.Literal('call'), runId: Type.String(), step: Type.String() }),
  /** Starts that were gathered into one run. */
  Type.Object({ kind: Type.Literal('batch'), size: Type.Integer() }),
  /** A replay of another run, from `step` on; absent: from its beginning. */
  Type.Object({ kind: Type.Literal('replay'), runId: Type.String(), step: Type.Optional(Type.String()) }),
]);
export type Cause = Static<typeof CauseSchema>;

const step = Type.String();
/**
 * Which execution of the step this is, inside loops and retried blocks: the index of each enclosing loop and, from the second on, the
 * round of each enclosing retried block (`r2`), outermost first, joined by dots, as in `3.r2.0`. A first round is told (`r1`) where a
 * later one follows, so that no two executions look alike. Absent outside of both.
 */
const iteration = Type.Optional(Type.String());
const attempt = Type.Integer({ minimum: 1 });
const time = Type.String({ format: 'date-time' });
const json = Type.Unknown();

export const runEventData = {
  /** The run was admitted. Holds everything that is needed to execute it. */
  RunRequested: Type.Object({
    workflow: Type.String(),
    workflowVersion: Type.Integer(),
    parameters: Type.Record(Type.String(), json),
    cause: CauseSchema,
    /** Runs of one chain share the id of its first run. */
    chainId: Type.String(),
    /** Position in the chain, from 1. */
    iteration: Type.Integer(),
    /** How many runs stand between this one and a start from outside. The cycles of a chain are equally deep: `iteration` counts them. */
    depth: Type.Integer(),
    parentRunId: Type.Optional(Type.String()),
    /** In scope as `item`, for a run of a list. */
    item: Type.Optional(json),
    /** In scope as `trigger`: what the change or the outside event was. */
    trigger: Type.Optional(json),
    /** In scope as `batch`, for a run into which several starts were gathered: the parameters of each, the first one's first. */
    batch: Type.Optional(Type.Array(Type.Record(Type.String(), json))),
    /** Not before this time; absent, or not after the request: at once. */
    dueAt: Type.Optional(time),
    /** What whoever scheduled it calls it. */
    key: Type.Optional(Type.String()),
    /** Who asked for it, or for the run that started it. */
    requestedBy: Type.Optional(CallerSchema),
    /** Whoever started it wants it to act without heed to privacy rules; otherwise its workflow decides. */
    ignorePrivacy: Type.Optional(Type.Boolean()),
    /** The list that the run which started it is an item of, or which started that one. */
    listId: Type.Optional(Type.String()),
    /** Executed with the version that is published when it starts; absent: with `workflowVersion`, whatever is published since. */
    version: Type.Optional(Type.Literal('latest')),
    /** The gateway that holds a caller waiting for the outcome. */
    waiter: Type.Optional(Type.String()),
    /** The run whose history, up to the first event of `step`, this one begins with. */
    replayOf: Type.Optional(Type.Object({ runId: Type.String(), step: Type.Optional(Type.String()) })),
  }),
  /** It stands in the queue of its workflow's flow, or is held back: it starts when it is admitted. */
  AdmissionAwaited: Type.Object({}),
  RunAdmitted: Type.Object({ key: Type.Optional(Type.String()), waitedMs: Type.Number() }),
  /** `workflowVersion`: which version was the latest, for a run that asked for that. `ignoresPrivacy`: it acts as a user without heed to his privacy rules. */
  RunStarted: Type.Object({
    workflowVersion: Type.Optional(Type.Integer()),
    ignoresPrivacy: Type.Optional(Type.Boolean()),
  }),
  /**
   * An attempt has begun: at a step that reaches outside, or at a block. `branch`: the case that a `switch` took. `items`: what a `for` goes
   * through. `lock`: the one that the run now holds.
   */
  StepStarted: Type.Object({
    step,
    iteration,
    attempt,
    branch: Type.Optional(Type.String()),
    items: Type.Optional(Type.Array(json)),
    lock: Type.Optional(Type.String()),
  }),
  StepCompleted: Type.Object({ step, iteration, attempt, result: Type.Optional(json) }),
  /** The step's `if` was not met, or there was nothing to do it with: `reason` says which. */
  StepSkipped: Type.Object({ step, iteration, reason: Type.String() }),
  /**
   * An attempt failed and no further one follows. `handledBy`: the step, this one or a block around it, whose `catch` takes the failure;
   * absent: the run fails, after its compensations.
   */
  StepFailed: Type.Object({
    step,
    iteration,
    attempt,
    problem: ProblemSchema,
    handledBy: Type.Optional(Type.String()),
  }),
  /**
   * An attempt failed; the next one starts at `retryAt`. For a block: what its steps did is undone where they say how, and then all of them
   * are executed anew.
   */
  StepRetried: Type.Object({ step, iteration, attempt, problem: ProblemSchema, retryAt: time }),
  /** One round of a `for` begins. */
  IterationStarted: Type.Object({ step, iteration, index: Type.Integer() }),
  IterationCompleted: Type.Object({ step, iteration, index: Type.Integer(), result: Type.Optional(json) }),
  /** A branch of a `fork` is done. */
  BranchCompleted: Type.Object({ step, iteration, branch: Type.String(), result: Type.Optional(json) }),
  /**
   * The run waits: until a time, for a run that it called, for an outside event, or for a lock. It occupies nothing meanwhile.
   */
  WaitStarted: Type.Object({
    step,
    iteration,
    until: Type.Optional(time),
    calledRunId: Type.Optional(Type.String()),
    event: Type.Optional(Type.Object({ type: Type.String(), key: Type.String() })),
    lock: Type.Optional(Type.String()),
  }),
  /** The outside event that a `waitFor` waited for. */
  EventReceived: Type.Object({ step, event: json }),
  /** What a completed step has declared to be its undoing was done, after a later failure. */
  StepCompensated: Type.Object({ step, iteration }),
  /** An undoing failed itself. The other ones are done all the same. */
  CompensationFailed: Type.Object({ step, iteration, problem: ProblemSchema }),
  /** A `log` step's entry. */
  LogWritten: Type.Object({
    step,
    iteration,
    level: Type.Enum(['debug', 'info', 'warn', 'error']),
    message: Type.String(),
    data: Type.Optional(json),
  }),
  /** A `progress` step's word on how far the run is. */
  ProgressReported: Type.Object({
    step,
    iteration,
    done: Type.Optional(Type.Number()),
    total: Type.Optional(Type.Number()),
    message: Type.Optional(Type.String()),
  }),
  /** What a `respond` step has told whoever waits for an answer. The run's first one counts. */
  AnswerGiven: Type.Object({ step, iteration, answer: EndpointAnswerSchema }),
  /** A timer of this run was due: its start, a wait, a retry, or a time limit. */
  TimerFired: Type.Object({ dueAt: time, lateMs: Type.Number() }),
  /** `guard`: which of the workflow's limits holds the run, and what was counted. `by`: it goes on when its list does. */
  RunPaused: Type.Object({
    by: Type.Optional(Type.Literal('list')),
    reason: Type.Optional(Type.String()),
    guard: Type.Optional(Type.Object({ name: Type.String(), limit: Type.Number(), value: Type.Number() })),
  }),
  RunResumed: Type.Object({}),
  /**
   * It has not started, and is to start at another time, with other parameters (whole), or by another version of its workflow. `version`:
   * by that one whatever is published (`pinned`), or by what is published at its start. Absent: as it was.
   */
  RunRescheduled: Type.Object({
    dueAt: Type.Optional(time),
    parameters: Type.Optional(Type.Record(Type.String(), json)),
    workflowVersion: Type.Optional(Type.Integer()),
    version: Type.Optional(Type.Enum(['pinned', 'latest'])),
    /** Who asks for it now; the run acts as he does. */
    requestedBy: Type.Optional(CallerSchema),
  }),
  /** A failed run goes on at the step that failed. `parameters`: corrected ones, whole. */
  RunRetried: Type.Object({ parameters: Type.Optional(Type.Record(Type.String(), json)) }),
  RunSucceeded: Type.Object({ result: Type.Optional(json) }),
  RunFailed: Type.Object({ problem: ProblemSchema }),
  RunCancelled: Type.Object({ reason: Type.Optional(Type.String()) }),
} as const satisfies Record<string, TSchema>;

export type RunEventType = keyof typeof runEventData;
export type RunEventData<T extends RunEventType = RunEventType> = Static<(typeof runEventData)[T]>;

/** What happened, without its place in a run: what deciders return and the ledger appends. */
export type NewRunEvent = { [T in RunEventType]: { type: T; data: RunEventData<T> } }[RunEventType];

/** An event as the ledger holds it and as subscribers get it. `version` counts from 1 within the run, without gaps. */
export type RunEvent = NewRunEvent & { runId: string; version: number; at: string };

export type RunRequested = RunEventData<'RunRequested'>;

/** A run event on the feed (`NS_RUN_EVENTS`, SSE): with what subscribers filter by. */
export interface RunFeedEvent {
  runId: string;
  version: number;
  type: RunEventType;
  at: string;
  workflow: string;
  chainId: string;
  listId?: string;
  /** Absent when it was too large for a message; the ledger has it (`GET /v1/runs/{id}/events`). */
  data?: unknown;
}

export const runStatuses = [
  'scheduled',
  'queued',
  'running',
  'waiting',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof runStatuses)[number];

const finalStatuses: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'cancelled']);

/** Whether a run in this status can never change again. */
export const isFinal = (status: RunStatus): boolean => finalStatuses.has(status);
