import type { Json, Problem, RunEvent, RunStatus } from '@nightshift/contracts';
import { hasEnded, statusOf, type RunRecord } from './run-record.ts';

/** How one step went, in its latest execution. */
export interface StepView {
  readonly status: 'completed' | 'skipped' | 'failed' | 'under way' | 'not reached';
  readonly result?: unknown;
  readonly problem?: Problem;
  readonly attempts: number;
}

/** A run, as it is at the moment when it is asked. */
export interface TestRun {
  readonly id: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What the workflow returned. */
  readonly result: unknown;
  /** Why it failed. */
  readonly problem: Problem | undefined;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  /** Its history, as `GET /v1/runs/{id}/events` has it. */
  readonly events: readonly RunEvent[];
  /** A line for each event: `StepCompleted letter`, `StepFailed pay#3 http.status`. */
  readonly outline: readonly string[];
  readonly chainId: string;
  /** Position in its chain, from 1. */
  readonly iteration: number;
  step(name: string): StepView;
}

export const viewOf = (run: RunRecord): TestRun => ({
  id: run.id,
  workflow: run.definition.name,
  get status() {
    return statusOf(run);
  },
  get parameters() {
    return run.state.parameters;
  },
  get result() {
    return run.state.status === 'succeeded' ? run.state.result : undefined;
  },
  get problem() {
    return run.state.status === 'failed' ? run.state.problem : undefined;
  },
  get startedAt() {
    return run.state.startedAt;
  },
  get finishedAt() {
    return hasEnded(run) ? run.events.at(-1)?.at : undefined;
  },
  get events() {
    return run.events;
  },
  get outline() {
    return run.events.map(lineOf);
  },
  chainId: run.state.requested.chainId,
  iteration: run.state.requested.iteration,
  step: (name) => stepOf(run, name),
});

interface StepData {
  step?: string;
  attempt?: number;
  iteration?: string;
  result?: Json;
  problem?: Problem;
}

const stepOf = ({ events, definition }: RunRecord, name: string): StepView => {
  if (!definition.plan.steps.has(name))
    throw new Error(
      `"${definition.name}" has no step "${name}"; it has ${[...definition.plan.steps.keys()].join(', ')}`,
    );
  let view: StepView = { status: 'not reached', attempts: 0 };
  for (const { type, data } of events) {
    const { step, attempt = 1, result, problem } = data as StepData;
    if (step !== name) continue;
    if (type === 'StepCompleted')
      view = { status: 'completed', attempts: attempt, ...(result !== undefined && { result }) };
    else if (type === 'StepSkipped') view = { status: 'skipped', attempts: view.attempts };
    else if (type === 'StepFailed') view = { status: 'failed', attempts: attempt, ...(problem && { problem }) };
    else if (type === 'StepStarted' || type === 'StepRetried' || type === 'WaitStarted')
      view = { status: 'under way', attempts: attempt };
  }
  return view;
};

const lineOf = ({ type, data }: RunEvent): string => {
  const { step, attempt = 1, iteration, problem } = data as StepData;
  const place = step === undefined ? '' : ` ${step}${iteration === undefined ? '' : `@${iteration}`}`;
  return `${type}${place}${attempt > 1 ? `#${attempt}` : ''}${problem ? ` ${problem.code}` : ''}`;
};
