import { derivedId, type Ledger, type RecurrenceRow, type RequestedRun } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { DispatchRequested } from '../dispatch-requested.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { newestMissed, type NextOccurrences } from './newest-missed.ts';

export interface FireRecurrenceDeps {
  ledger: Pick<Ledger, 'recurrences' | 'workflows'>;
  dispatch: DispatchRequested;
  nextOccurrences: NextOccurrences;
  metrics: SchedulerMetrics;
  logger: Logger;
}

/**
 * Starts the run of a planned moment and plans the next. Moments that were missed start one run together, that of the newest;
 * those of a workflow that is not published start none. @returns whether this process was first
 */
export const makeFireRecurrence =
  ({ ledger, dispatch, nextOccurrences, metrics, logger }: FireRecurrenceDeps) =>
  async (recurrence: RecurrenceRow): Promise<boolean> => {
    const { workflow, key, spec, nextAt: planned } = recurrence;
    const now = new Date();
    const { plannedAt, nextAt } = newestMissed(nextOccurrences, spec, planned, now);
    const info = await ledger.workflows.find(workflow);
    const version = info?.publishedVersion ?? undefined;
    const run = version === undefined ? undefined : occurrenceRun(recurrence, plannedAt, version, now);
    if (!(await ledger.recurrences.fire(recurrence, run, nextAt))) return false;
    if (run) {
      await dispatch([run]);
      metrics.recurrencesFired.inc();
      metrics.lateness.observe({ kind: 'recurrence' }, Math.max(0, Date.now() - plannedAt.getTime()) / 1000);
    } else {
      metrics.recurrencesSkipped.inc();
      logger.warn({ workflow, key, plannedAt }, 'recurrence skipped, its workflow is not published');
    }
    return true;
  };

const occurrenceRun = (
  { workflow, key, spec }: RecurrenceRow,
  plannedAt: Date,
  workflowVersion: number,
  now: Date,
): RequestedRun => {
  const planned = plannedAt.toISOString();
  const runId = derivedId(plannedAt.getTime(), 'recurrence', workflow, key, planned);
  return {
    runId,
    at: now.toISOString(),
    requested: {
      workflow,
      workflowVersion,
      parameters: spec.parameters ?? {},
      cause: { kind: 'recurrence', key, plannedAt: planned },
      chainId: runId,
      iteration: 1,
      depth: 0,
    },
  };
};
