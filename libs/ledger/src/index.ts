export type { Append, Appended, OutsideEvent, RequestedList, RequestedRun } from './append.ts';
export type {
  ChangedRun,
  Control,
  ControlOptions,
  ControlResult,
  ControlTarget,
  ControlWhere,
  Move,
  UnchangedRun,
} from './control/control.ts';
export type { ReplayOptions } from './control/replay-run.ts';
export type { RecurrenceRow } from './entities/recurrence.entity.ts';
export type { Events, Received } from './events.ts';
export type { Guards } from './guards.ts';
export type { Claim, ClaimKey, Idempotency, IdempotencyKey, KeptAnswer } from './idempotency.ts';
export { openLedger, type Ledger, type LedgerOptions } from './ledger.ts';
export type { AdmitList, HandedOut, Lists, ListView } from './lists.ts';
export type { Acquired, AcquireLock, HeldLock, Locks } from './locks.ts';
export type { Mailbox, MailboxFilter } from './mailbox.ts';
export { migrate } from './migrate.ts';
export type { Account } from './account.ts';
export type { Fired, Firing, FiringState, SettledOccurrence, Settlement } from './firing.ts';
export type { PutRecurrence, Recurrences } from './recurrences.ts';
export { derivedId, idTimeMs, itemRunId, newId } from './run-id.ts';
export type { RunFilter, Runs } from './runs.ts';
export type { ScheduleCriteria } from './schedules/criteria.ts';
export type { PutSchedule } from './schedules/put-schedule.ts';
export type { Schedules } from './schedules/schedules.ts';
export type { ScheduleFilter, SchedulePlace } from './schedules/search-schedules.ts';
export type { Secrets } from './secrets.ts';
export type { ReadyRun, Timer, Timers } from './timers.ts';
export type { PlannedStart, Workflows, WorkflowVersion } from './workflows.ts';
