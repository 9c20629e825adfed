import type { ImportStatus, ImportView, Progress, RunStatus } from '@nightshift/contracts';

/** A broken one should move and does not, until somebody goes on with it. */
const statuses: Record<ImportStatus, RunStatus> = {
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  broken: 'running',
};

/** How far an import is, in rows. How many there will be nobody knows before the upload has ended. */
export const importProgress = (view: ImportView): Progress => {
  const { id, total, done, succeeded, failed, startedAt, updatedAt } = view;
  const seconds = (Date.parse(updatedAt) - Date.parse(startedAt)) / 1000;
  return {
    id,
    kind: 'import',
    status: statuses[view.status],
    total,
    done,
    succeeded,
    failed,
    skipped: 0,
    cancelled: 0,
    inFlight: 0,
    retrying: 0,
    percent: view.status === 'succeeded' ? 100 : null,
    iteration: 1,
    ratePerSecond: done > 0 && seconds > 0 ? done / seconds : null,
    eta: null,
    stalled: view.status === 'broken',
    message: view.problem?.detail ?? null,
    startedAt,
    updatedAt,
    lastProgressAt: done > 0 ? updatedAt : null,
  };
};
