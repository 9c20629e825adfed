import type { ActingUser, NewRunEvent, RunRequested } from '@nightshift/contracts';
import type { Append, OutsideEvent, RequestedList, RequestedRun } from '@nightshift/ledger';
import type { EffectKind, EffectOf, StepOutcome } from '@nightshift/workflow-core';

/** How an effect went, and what begins with the commit that records it. */
export interface Performed {
  outcome: StepOutcome;
  /** What happened before the step's completion. */
  events?: readonly NewRunEvent[];
  runs?: readonly RequestedRun[];
  lists?: readonly RequestedList[];
  emitted?: readonly OutsideEvent[];
  awaits?: NonNullable<Append['awaits']>;
  /** Somebody outside waits for it: it is durable before anything else happens. */
  isAwaited?: true;
}

/** Where in a run an effect belongs. */
export interface Occasion {
  runId: string;
  requested: RunRequested;
  /** As whom the run reads and changes things. Absent: as the platform itself. */
  as?: ActingUser;
  /** When the run started, as it is recorded: ids of what it starts are derived from it. */
  startedAt: string;
  step: string;
  /** Which execution of the step, inside loops and retried blocks. */
  iteration?: string;
  attempt: number;
  /**
   * Aborts when the run is cancelled or a time limit is reached; a `Failure` as its reason becomes the step's problem. Made only when it
   * is asked for.
   */
  signal: () => AbortSignal;
}

/**
 * Performs one kind of effect. A fault of the workflow or of what it talks to is an outcome; what it throws is the platform's
 * own trouble, and the run is tried again later as if nothing had happened.
 */
export type Perform<Kind extends EffectKind> = (
  effect: EffectOf<Kind>,
  occasion: Occasion,
) => Performed | Promise<Performed>;

export type Performers = { readonly [Kind in EffectKind]: Perform<Kind> };
