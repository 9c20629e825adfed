import type { RequestedList, RequestedRun } from '@nightshift/ledger';
import type { EffectKind, EffectOf, StepOutcome } from '@nightshift/workflow-core';
import type { Journal } from '../journal.ts';

/** How an effect went, and what begins with the commit that records it. */
export interface Performed {
  outcome: StepOutcome;
  runs?: readonly RequestedRun[];
  lists?: readonly RequestedList[];
}

/** Where in a run an effect belongs. */
export interface Occasion {
  journal: Journal;
  step: string;
  attempt: number;
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
