import type { RunEvent, RunView } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { countEvent, uncounted, type CountedRun, type Plan } from '@nightshift/workflow-core';
import type { KnownPlans } from './known-plans.ts';
import type { Mark } from './pace.ts';

/** A run's history as far as its progress is told by it. */
export interface FoldedRun extends CountedRun {
  version: number;
  /** When more steps were done, and more was reported, the last times. */
  stepMarks: readonly Mark[];
  reportMarks: readonly Mark[];
  lastAt: string | undefined;
  isRetrying: boolean;
}

/** Moments that a rate is told from. */
const MARKS = 20;
/** Runs that are watched again and again: what was read of them need not be read again. The one that was looked at longest ago goes. */
const KEPT = 200;

export const unread: FoldedRun = {
  ...uncounted,
  version: 0,
  stepMarks: [],
  reportMarks: [],
  lastAt: undefined,
  isRetrying: false,
};

/** The plan of a run's version, and what its history comes to; undefined if the version is not there. */
export type FoldRun = (run: RunView) => Promise<{ plan: Plan; folded: FoldedRun } | undefined>;

/** Histories only grow: of a run that was folded before, only what is new is read. */
export const makeFoldRun = ({ ledger, plans }: { ledger: Pick<Ledger, 'runs'>; plans: KnownPlans }): FoldRun => {
  const kept = new Map<string, FoldedRun>();
  return async (run) => {
    const known = await plans(run.workflow, run.workflowVersion);
    if (!known) return undefined;
    const { plan } = known;
    // One that asks for the latest version may get another one at its start: before that there is nothing to keep.
    const key = `${run.id}@${run.workflowVersion}`;
    const before = kept.get(key) ?? unread;
    const events = await ledger.runs.events(run.id, before.version);
    const folded = events.reduce((soFar, event) => foldEvent(plan, soFar, event), before);
    kept.delete(key);
    kept.set(key, folded);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return { plan, folded };
  };
};

export const foldEvent = (plan: Plan, run: FoldedRun, event: RunEvent): FoldedRun => {
  const counted = countEvent(plan, run, event);
  const atMs = Date.parse(event.at);
  const done = doneSteps(counted);
  const reported = event.type === 'ProgressReported' ? event.data.done : undefined;
  return {
    ...counted,
    version: event.version,
    lastAt: event.at,
    stepMarks: done > doneSteps(run) ? [...run.stepMarks.slice(1 - MARKS), { atMs, done }] : run.stepMarks,
    reportMarks:
      reported === undefined ? run.reportMarks : [...run.reportMarks.slice(1 - MARKS), { atMs, done: reported }],
    isRetrying: isTurning(event) ? event.type === 'StepRetried' : run.isRetrying,
  };
};

export const doneSteps = ({ count }: CountedRun): number =>
  count.succeeded + count.failed + count.skipped + count.cancelled;

/** Whether an event says that a step is being tried again, or no longer. */
const isTurning = ({ type }: RunEvent): boolean =>
  type === 'StepRetried' || type === 'StepStarted' || type === 'StepCompleted' || type === 'StepFailed';
