import { latenessOf, type Caller, type RunStatus, type Schedule } from '@nightshift/contracts';

/**
 * What is read of a schedule `s` and its run `r`. What was told of its parameters, newest first, comes as it was written: Postgres cannot take
 * JSON apart that has a NUL character somewhere. Index: primary keys.
 */
export const SCHEDULE_VIEW = `s.run_id, s.due_at, s.key, s.list_id, s.is_latest, r.workflow, r.workflow_version, r.status, r.chain_id,
  r.parent_id, r.requested_at, r.requested_by, r.started_at, r.finished_at, (
    SELECT json_agg(e.data ORDER BY e.version DESC) FROM nightshift.run_events e
    WHERE e.run_id = s.run_id AND e.type IN ('RunRequested', 'RunRescheduled', 'RunRetried')) AS told`;

export interface ScheduleRow {
  run_id: string;
  due_at: Date;
  key: string | null;
  list_id: string | null;
  is_latest: boolean;
  workflow: string;
  workflow_version: number;
  status: RunStatus;
  chain_id: string | null;
  parent_id: string | null;
  requested_at: Date;
  requested_by: Caller | null;
  started_at: Date | null;
  finished_at: Date | null;
  told: { parameters?: Record<string, unknown> }[] | null;
}

export const toSchedule = (row: ScheduleRow): Schedule => {
  const startedAt = row.started_at?.toISOString() ?? null;
  const dueAt = row.due_at.toISOString();
  return {
    scheduleId: row.run_id,
    runId: row.run_id,
    workflow: row.workflow,
    status: row.status,
    workflowVersion: row.workflow_version,
    version: row.is_latest ? 'latest' : 'pinned',
    ...(row.key !== null && { key: row.key }),
    dueAt,
    parameters: row.told?.find(({ parameters }) => parameters !== undefined)?.parameters ?? {},
    requestedAt: row.requested_at.toISOString(),
    ...(row.requested_by && { requestedBy: row.requested_by }),
    startedAt,
    finishedAt: row.finished_at?.toISOString() ?? null,
    ...latenessOf(dueAt, startedAt),
    chainId: row.chain_id ?? row.run_id,
    parentRunId: row.parent_id,
    listId: row.list_id,
  };
};
