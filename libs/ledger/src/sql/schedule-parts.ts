import { isDueAt, type NewRunEvent, type RunEventData } from '@nightshift/contracts';
import type { Append, RequestedRun } from '../append.ts';
import { eventsAfterRequest, projectRequest } from '../run-projection.ts';
import { columnsOf, runsOf, type Column } from './append-columns.ts';
import { searchableParameters } from './searchable-parameters.ts';

/** Whether a run is to be found among the schedules: it has a due time, or a key. */
export const isSchedule = ({ requested }: RequestedRun): boolean =>
  requested.dueAt !== undefined || requested.key !== undefined;

/** A run's status as `schedules.phase` has it: those of a run that is open change too often to be in an index. */
const phaseOf = (status: string): string =>
  `CASE WHEN ${status} IN ('queued', 'running', 'waiting') THEN 'open' ELSE ${status} END`;

/** Beside `run_id`. */
const SCHEDULE_COLUMNS = 'due_at, chain_id, list_id, is_latest, phase, workflow, key, requested_by, parameters';

/** The rows of runs that a batch requests and that are schedules. @param table makes a table of columns */
export const madeSchedules = (batch: readonly Append[], table: (columns: Column[]) => string): string | undefined => {
  const rows = batch.flatMap((append) =>
    runsOf(append)
      .filter(isSchedule)
      .map((run) => ({ ...run, gate: append.runId })),
  );
  if (rows.length === 0) return undefined;
  const { plain, text } = columnsOf(rows);
  const columns = [
    plain('uuid', ({ gate }) => gate),
    plain('uuid', ({ runId }) => runId),
    plain('timestamptz', ({ requested, at }) => requested.dueAt ?? at),
    plain('uuid', ({ runId, requested }) => (requested.chainId === runId ? null : requested.chainId)),
    plain('uuid', ({ requested }) => requested.listId ?? null),
    plain('boolean', ({ requested }) => requested.version === 'latest'),
    plain('text', (run) => phaseOfNew(run)),
    text('text', ({ requested }) => requested.workflow),
    text('text', ({ requested }) => requested.key ?? null),
    text('text', ({ requested }) => requested.requestedBy?.name ?? null),
    text('jsonb', ({ requested }) => searchableParameters(requested.parameters)),
  ];
  return `made_schedules AS (
       INSERT INTO nightshift.schedules (run_id, ${SCHEDULE_COLUMNS})
       SELECT s.id, ${SCHEDULE_COLUMNS} FROM ${table(columns)} AS s (gate, id, ${SCHEDULE_COLUMNS})
       JOIN appended a ON a.run_id = s.gate)`;
};

const phaseOfNew = (run: RequestedRun): string => {
  const { status } = projectRequest(run.requested, run.at, eventsAfterRequest(run));
  return status === 'queued' || status === 'running' ? 'open' : status;
};

/** Takes over what became of schedules. Locks their rows; index: the primary key. */
export const schedulePhases = (canReschedule: boolean): string => `schedule_phases AS (
       UPDATE nightshift.schedules s SET phase = ${phaseOf('m.status')}, ended_at = m.finished_at
       FROM moved m
       WHERE s.run_id = m.id AND s.run_id = ANY(ARRAY(SELECT id FROM moved${canReschedule ? ' WHERE NOT is_rescheduled' : ''}))
         AND (s.phase <> ${phaseOf('m.status')} OR s.ended_at IS DISTINCT FROM m.finished_at))`;

/** Whether an append may change the phase of a schedule. */
export const changesPhase = ({ expectedVersion, isScheduled, events }: Append): boolean =>
  expectedVersion > 0 && isScheduled !== false && events.some(({ type }) => phaseEvents.has(type));

const phaseEvents: ReadonlySet<NewRunEvent['type']> = new Set<NewRunEvent['type']>([
  'RunPaused',
  'RunResumed',
  'RunRetried',
  'RunSucceeded',
  'RunFailed',
  'RunCancelled',
]);

const rescheduling = ({ events }: Append): RunEventData<'RunRescheduled'> | undefined =>
  events.find((event) => event.type === 'RunRescheduled')?.data;

/** What is moved, and the timers of its start. Locks the rows of both; indexes: primary keys. */
export const rescheduledParts = (batch: readonly Append[], table: (columns: Column[]) => string): string[] => {
  const rows = batch.flatMap((append) => {
    const data = rescheduling(append);
    return data ? [{ append, data }] : [];
  });
  const { plain, text } = columnsOf(rows);
  const columns = [
    plain('uuid', ({ append }) => append.runId),
    plain('boolean', ({ data }) => (data.version === undefined ? null : data.version === 'latest')),
    text('jsonb', ({ data }) => (data.parameters ? searchableParameters(data.parameters) : null)),
  ];
  const moved = 'SELECT id FROM moved WHERE is_rescheduled';
  return [
    `rescheduled AS (
       UPDATE nightshift.schedules s SET due_at = coalesce(m.due_at, s.due_at), phase = ${phaseOf('m.status')},
         is_latest = coalesce(d.is_latest, s.is_latest), parameters = coalesce(d.parameters, s.parameters)
       FROM moved m JOIN ${table(columns)} AS d (run_id, is_latest, parameters) ON d.run_id = m.id
       WHERE m.is_rescheduled AND s.run_id = m.id AND s.run_id = ANY(ARRAY(${moved})))`,
    `moved_timers AS (
       INSERT INTO nightshift.timers (run_id, kind, due_at, lane)
       SELECT id, 'start', due_at, nightshift.timer_lane(workflow) FROM moved WHERE is_rescheduled AND status IN ('scheduled', 'paused')
       ON CONFLICT (run_id, kind) DO UPDATE SET due_at = excluded.due_at)`,
    `started_timers AS (
       DELETE FROM nightshift.timers WHERE kind = 'start' AND run_id = ANY(ARRAY(${moved} AND status = 'queued')))`,
  ];
};

/** Whether a run that is requested has to wait for its time. */
export const waitsForStart = ({ requested, at }: RequestedRun): boolean => !isDueAt(requested, at);
