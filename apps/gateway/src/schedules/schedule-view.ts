import type { RunView, Schedule } from '@nightshift/contracts';

/** The schedule that a run was started by; undefined if it was started by something else. Its id is the run's. */
export const scheduleOf = (run: RunView): (Schedule & { workflow: string }) | undefined => {
  const dueAt = run.dueAt ?? (run.cause.kind === 'schedule' ? run.cause.dueAt : undefined);
  return dueAt === undefined
    ? undefined
    : { scheduleId: run.id, runId: run.id, dueAt, workflow: run.workflow, status: run.status };
};
