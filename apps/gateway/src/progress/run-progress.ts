import { isFinal, type Progress, type ProgressChildren, type RunStatus, type RunView } from '@nightshift/contracts';
import type { StepCount } from '@nightshift/workflow-core';
import type { FoldedRun } from './fold-run.ts';
import { etaOf, percentOf, rateOf, shareOf } from './pace.ts';

export interface RunProgressInput {
  run: RunView;
  /** Undefined if nobody knows the version that is executed. */
  folded: FoldedRun | undefined;
  /** Of its steps, weighed by their places; from 0 to 1. */
  share: number | null;
  children?: ProgressChildren;
  isStalled: boolean;
  nowMs: number;
}

type Counts = Pick<Progress, 'total' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'>;

const countSteps = (count: StepCount | undefined): Counts => {
  if (!count) return { total: null, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 };
  const { left, ...counts } = count;
  return { ...counts, total: counts.succeeded + counts.failed + counts.skipped + counts.cancelled + left };
};

/** In whatever the workflow counts: what its `progress` steps said. A run that has succeeded has done everything. */
const countReported = (
  { done: reported = 0, total: all }: NonNullable<RunView['progress']>,
  status: RunStatus,
): Counts => {
  const total = all === undefined ? (isFinal(status) ? reported : null) : Math.max(all, reported);
  const succeeded = status === 'succeeded' && total !== null ? total : reported;
  return {
    total,
    succeeded,
    failed: 0,
    skipped: 0,
    cancelled: isFinal(status) && total !== null ? total - succeeded : 0,
  };
};

/** Whether a run says itself how far it is. */
export const isReported = ({ progress }: RunView): boolean =>
  progress?.done !== undefined || progress?.total !== undefined;

/** How much of a run is done, from 0 to 1: of what it reports itself, otherwise of its steps. Null: nobody can tell. */
export const shareOfRun = (run: RunView, shareOfSteps: number | null): number | null => {
  if (isFinal(run.status)) return 1;
  if (!isReported(run)) return shareOfSteps;
  const { total, succeeded } = countReported(run.progress!, run.status);
  return shareOf(succeeded, total);
};

/** How far a run is: in what the workflow reports itself, otherwise in steps. */
export const runProgress = ({ run, folded, share, children, isStalled, nowMs }: RunProgressInput): Progress => {
  const { status, progress, problem } = run;
  const counts = isReported(run) ? countReported(progress!, status) : countSteps(folded?.count);
  const done = counts.succeeded + counts.failed + counts.skipped + counts.cancelled;
  const marks = (isReported(run) ? folded?.reportMarks : folded?.stepMarks) ?? [];
  const ratePerSecond = rateOf(marks[0], marks.at(-1), nowMs);
  const lastAt = folded?.lastAt ?? run.requestedAt;
  return {
    id: run.id,
    kind: 'run',
    status,
    ...counts,
    done,
    inFlight: status === 'running' || status === 'waiting' ? 1 : 0,
    retrying: !isFinal(status) && folded?.isRetrying ? 1 : 0,
    percent: percentOf(shareOfRun(run, share), isFinal(status)),
    iteration: run.iteration,
    ratePerSecond,
    eta: etaOf({ status, total: counts.total, done, ratePerSecond }, nowMs),
    stalled: isStalled,
    message: problem?.detail ?? problem?.title ?? progress?.message ?? null,
    startedAt: run.startedAt,
    updatedAt: run.finishedAt ?? lastAt,
    lastProgressAt: lastAt,
    ...(children && { children }),
  };
};
