import { isFinal, type Progress, type RunEvent, type RunView } from '@nightshift/contracts';

/** A run that runs and shows no event for longer has probably lost its executor, or waits for somebody's slow server. */
const STALLED_AFTER_MS = 60_000;

export interface RunProgressInput {
  run: RunView;
  events: readonly RunEvent[];
  /** Steps of the version that is executed; null if it is not known. */
  steps: number | null;
  nowMs: number;
}

/** How far a run is, in steps. When it has ended, steps that it did not come to count as cancelled, so that `done` is `total`. */
export const runProgress = ({ run, events, steps, nowMs }: RunProgressInput): Progress => {
  let [succeeded, failed, skipped] = [0, 0, 0];
  let retrying = 0;
  for (const { type } of events) {
    if (type === 'StepCompleted') succeeded++;
    else if (type === 'StepFailed') failed++;
    else if (type === 'StepSkipped') skipped++;
    retrying = type === 'StepRetried' ? 1 : type === 'StepCompleted' || type === 'StepFailed' ? 0 : retrying;
  }
  const hasEnded = isFinal(run.status);
  // Not every step is written down: what is pure can be computed again.
  if (run.status === 'succeeded' && steps !== null) succeeded = Math.max(succeeded, steps - skipped - failed);
  const known = succeeded + failed + skipped;
  const total = steps === null ? null : Math.max(steps, known);
  const cancelled = hasEnded && total !== null ? total - known : 0;
  const done = known + cancelled;
  const lastAt = events.at(-1)?.at ?? run.requestedAt;
  const isAtWork = run.status === 'running' || run.status === 'queued';
  return {
    id: run.id,
    kind: 'run',
    status: run.status,
    total,
    done,
    succeeded,
    failed,
    skipped,
    cancelled,
    inFlight: run.status === 'running' || run.status === 'waiting' ? 1 : 0,
    retrying: hasEnded ? 0 : retrying,
    percent: percentOf(done, total, hasEnded),
    iteration: run.iteration,
    ratePerSecond: null,
    eta: run.status === 'scheduled' ? run.dueAt : null,
    stalled: isAtWork && nowMs - Date.parse(lastAt) > STALLED_AFTER_MS,
    message: run.problem?.detail ?? run.problem?.title ?? null,
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
