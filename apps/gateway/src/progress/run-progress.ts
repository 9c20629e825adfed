import { isFinal, type Progress, type RunEvent, type RunStatus, type RunView } from '@nightshift/contracts';

/** A run that runs and shows no event for longer has probably lost its executor, or waits for somebody's slow server. */
const STALLED_AFTER_MS = 60_000;

export interface RunProgressInput {
  run: RunView;
  events: readonly RunEvent[];
  /** Steps of the version that is executed; null if it is not known. */
  steps: number | null;
  nowMs: number;
}

type Counts = Pick<Progress, 'total' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'>;

/** In steps. When the run has ended, steps that it did not come to count as cancelled, so that `done` is `total`. */
const countSteps = ({ run, events, steps }: RunProgressInput): Counts => {
  let [succeeded, failed, skipped] = [0, 0, 0];
  for (const { type } of events) {
    if (type === 'StepCompleted') succeeded++;
    else if (type === 'StepFailed') failed++;
    else if (type === 'StepSkipped') skipped++;
  }
  // Not every step is written down: what is pure can be computed again.
  if (run.status === 'succeeded' && steps !== null) succeeded = Math.max(succeeded, steps - skipped - failed);
  const known = succeeded + failed + skipped;
  const total = steps === null ? null : Math.max(steps, known);
  return { total, succeeded, failed, skipped, cancelled: isFinal(run.status) && total !== null ? total - known : 0 };
};

/** In whatever the workflow counts: what its last `progress` step said. A run that has succeeded has done everything. */
const countReported = (
  { done: reported = 0, total: all }: NonNullable<RunView['progress']>,
  status: RunStatus,
): Counts => {
  const total = all === undefined ? null : Math.max(all, reported);
  const succeeded = status === 'succeeded' && total !== null ? total : reported;
  return {
    total,
    succeeded,
    failed: 0,
    skipped: 0,
    cancelled: isFinal(status) && total !== null ? total - succeeded : 0,
  };
};

const isRetrying = (events: readonly RunEvent[]): boolean =>
  events.findLast(({ type }) => type === 'StepRetried' || type === 'StepCompleted' || type === 'StepFailed')?.type ===
  'StepRetried';

/** How far a run is: in what the workflow reports itself, otherwise in steps. */
export const runProgress = (input: RunProgressInput): Progress => {
  const { run, events, nowMs } = input;
  const { progress } = run;
  const isReported = progress?.done !== undefined || progress?.total !== undefined;
  const counts = isReported ? countReported(progress, run.status) : countSteps(input);
  const { total, succeeded, failed, skipped, cancelled } = counts;
  const done = succeeded + failed + skipped + cancelled;
  const hasEnded = isFinal(run.status);
  const lastAt = events.at(-1)?.at ?? run.requestedAt;
  const isAtWork = run.status === 'running' || run.status === 'queued';
  return {
    id: run.id,
    kind: 'run',
    status: run.status,
    ...counts,
    done,
    inFlight: run.status === 'running' || run.status === 'waiting' ? 1 : 0,
    retrying: !hasEnded && isRetrying(events) ? 1 : 0,
    percent: percentOf(done, total, hasEnded),
    iteration: run.iteration,
    ratePerSecond: null,
    eta: run.status === 'scheduled' ? run.dueAt : null,
    stalled: isAtWork && nowMs - Date.parse(lastAt) > STALLED_AFTER_MS,
    message: run.problem?.detail ?? run.problem?.title ?? progress?.message ?? null,
    startedAt: run.startedAt,
    updatedAt: run.finishedAt ?? lastAt,
    lastProgressAt: lastAt,
  };
};

/** One decimal, never 100 before the end. */
export const percentOf = (done: number, total: number | null, hasEnded: boolean): number | null => {
  if (total === null) return hasEnded ? 100 : null;
  if (total === 0) return hasEnded ? 100 : 0;
  const percent = Math.floor((done / total) * 1000) / 10;
  return hasEnded ? percent : Math.min(percent, 99.9);
};
