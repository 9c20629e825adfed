import {
  asFailure,
  Failure,
  type FailureCode,
  type FailureDetails,
  type NewRunEvent,
  type RunRequested,
} from '@nightshift/contracts';
import type { StepOutcome } from '@nightshift/workflow-core';
import type { Definition } from '../definitions.ts';

/** Where in a run an attempt belongs. */
export interface Occasion {
  runId: string;
  requested: RunRequested;
  definition: Definition;
  step: string;
  iteration?: string;
  attempt: number;
}

/** How an attempt went. */
export interface Performed {
  outcome: StepOutcome;
  /** What happened before the outcome, as part of it. */
  events?: NewRunEvent[];
  /** To be done once the outcome is recorded. */
  afterwards?: () => void;
}

/** An attempt that takes time. */
export interface Delayed {
  afterMs: number;
  performed: Performed;
}

export const failed = (error: unknown): Performed => {
  const failure = asFailure(error);
  if (failure.code === 'platform.bug') throw error;
  return { outcome: { kind: 'failed', problem: failure.toProblem(), canRetry: failure.canRetry } };
};

export const failedWith = (code: FailureCode, details?: FailureDetails): Performed =>
  failed(new Failure(code, details));
