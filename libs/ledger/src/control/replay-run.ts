import {
  Failure,
  requestOf,
  type Caller,
  type NewRunEvent,
  type RunEvent,
  type RunRequested,
} from '@nightshift/contracts';
import type { RequestedRun } from '../append.ts';
import { newId } from '../run-id.ts';

export interface ReplayOptions {
  /** The first step that is executed again; absent: all are. */
  fromStep?: string;
  /** Absent: the version that the run was executed with. */
  workflowVersion?: number;
  /** Absent: those of the run. */
  parameters?: Record<string, unknown>;
  /** When the new run is requested. */
  at: string;
  /** Of the new run. Absent: a new one; given, a repeat of the same replay meets the run that it made. */
  id?: string;
  requestedBy?: Caller;
}

/** What is true of the new run as well. Pauses, fired timers, ends and undone steps are the old run's alone. */
const copied: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'StepStarted',
  'StepCompleted',
  'StepSkipped',
  'StepFailed',
  'StepRetried',
  'IterationStarted',
  'IterationCompleted',
  'BranchCompleted',
  'WaitStarted',
  'EventReceived',
]);

/** A new run of its own chain that repeats a run with this history. @throws Failure `step.not_found` */
export const replayRun = (
  runId: string,
  events: readonly RunEvent[],
  { fromStep, workflowVersion, parameters, at, id = newId(Date.parse(at)), requestedBy }: ReplayOptions,
): RequestedRun => {
  const was = requestOf(events);
  const after = events.slice(1);
  if (!was) throw new Failure('run.not_found', { detail: `There is no run ${runId}` });
  const from = { runId, ...(fromStep !== undefined && { step: fromStep }) };
  // Whom the old run belonged to, when it was due and what it was called does not concern the new one.
  const { waiter: _waiter, dueAt: _dueAt, key: _key, version: _version, parentRunId: _parentRunId, ...kept } = was;
  const requested: RunRequested = {
    ...kept,
    workflowVersion: workflowVersion ?? startedVersion(after) ?? was.workflowVersion,
    parameters: parameters ?? was.parameters,
    cause: { kind: 'replay', ...from },
    chainId: id,
    iteration: 1,
    replayOf: from,
    ...(requestedBy && { requestedBy: actingAsBefore(requestedBy, was) }),
  };
  return {
    runId: id,
    at,
    requested,
    ...(fromStep !== undefined && { history: historyBefore(runId, after, fromStep) }),
  };
};

/** Whoever replays a run, the new one acts as the old one did. */
const actingAsBefore = (requestedBy: Caller, was: RunRequested): Caller =>
  was.requestedBy?.user === undefined ? requestedBy : { ...requestedBy, user: was.requestedBy.user };

const startedVersion = (events: readonly RunEvent[]): number | undefined => {
  for (const event of events) if (event.type === 'RunStarted') return event.data.workflowVersion;
  return undefined;
};

const historyBefore = (runId: string, events: readonly RunEvent[], step: string): NewRunEvent[] => {
  const end = events.findIndex(({ data }) => 'step' in data && data.step === step);
  if (end < 0) {
    throw new Failure('step.not_found', { detail: `Run ${runId} has not come to a step "${step}"` });
  }
  const before = events.slice(0, end).filter(({ type }) => copied.has(type));
  return [{ type: 'RunStarted', data: {} }, ...before.map(({ type, data }) => ({ type, data }) as NewRunEvent)];
};
