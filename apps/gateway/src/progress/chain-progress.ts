import { isFinal, runStatuses, type Progress, type RunStatus, type RunView } from '@nightshift/contracts';

/** How far a chain is, in cycles. Nobody knows how many there will be: `total` is null until the last one has ended. */
export const chainProgress = (first: RunView, last: RunView, counts: ReadonlyMap<RunStatus, number>): Progress => {
  const count = (status: RunStatus): number => counts.get(status) ?? 0;
  const [succeeded, failed, cancelled] = [count('succeeded'), count('failed'), count('cancelled')];
  const cycles = runStatuses.reduce((sum, status) => sum + count(status), 0);
  const done = succeeded + failed + cancelled;
  const hasEnded = done === cycles;
  const status = hasEnded ? last.status : isFinal(last.status) ? 'running' : last.status;
  const lastAt = last.finishedAt ?? last.startedAt ?? last.requestedAt;
  return {
    id: first.id,
    kind: 'chain',
    status,
    total: hasEnded ? cycles : null,
    done,
    succeeded,
    failed,
    skipped: 0,
    cancelled,
    inFlight: count('running') + count('waiting'),
    retrying: 0,
    percent: hasEnded ? 100 : null,
    iteration: last.iteration,
    ratePerSecond: null,
    eta: null,
    stalled: false,
    message: last.problem?.detail ?? last.problem?.title ?? null,
    startedAt: first.startedAt,
    updatedAt: lastAt,
    lastProgressAt: lastAt,
  };
};
