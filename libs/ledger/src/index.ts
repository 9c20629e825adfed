export type { Append, Appended, OutsideEvent, RequestedList, RequestedRun } from './append.ts';
export type { Audit, AuditFilter, AuditIntent, AuditOutcome } from './audit.ts';
export type { ChainFilter, Chains } from './chains.ts';
export type {
  ChangedRun,
  Control,
  ControlOptions,
  ControlResult,
  ControlTarget,
  ControlWhere,
  EndingEvent,
  Move,
  UnchangedRun,
} from './control/control.ts';
export type { ReplayOptions } from './control/replay-run.ts';
export type { RecurrenceRow } from './entities/recurrence.entity.ts';
export type { Evaluation, EvaluationRecord, Evaluations } from './evaluations.ts';
export type { EventSources } from './event-sources.ts';
export type { Events, Received, UnmatchedEvent } from './events.ts';
export type { Admission, AdmissionRules, Ending, Flows, HoldScope, QueuePlace } from './flow/flows.ts';
export type { Guards } from './guards.ts';
export type { Claim, ClaimKey, Idempotency, IdempotencyKey, KeptAnswer } from './idempotency.ts';
export type { Issuers } from './issuers.ts';
export type { Key } from './key.ts';
export type { ChangeKey, Keys, PutKey, RotateKey } from './keys.ts';
export { openLedger, type Ledger, type LedgerOptions } from './ledger.ts';
export type { AdmitList } from './lists/admit.ts';
export type { ListChanges } from './lists/control.ts';
export type { HandedOut } from './lists/hand-out.ts';
export type { FailedItem, ItemPage } from './lists/items.ts';
export type { ListRules, WorkflowAtVersion } from './lists/list-rules.ts';
export type { Lists } from './lists/lists.ts';
export type { ListFilter, ListView } from './lists/views.ts';
export type { Acquired, AcquireLock, HeldLock, Locks } from './locks.ts';
export type { Mailbox, MailboxFilter } from './mailbox.ts';
export { migrate } from './migrate.ts';
export type { Account } from './account.ts';
export type { Fired, Firing, FiringState, SettledOccurrence, Settlement } from './firing.ts';
export type { ChainFacts, Kin, Mark, ProgressFacts } from './progress.ts';
export type { EventReplay, ReceivedEventFilter, ReceivedEvents } from './received-events.ts';
export type { PutRecurrence, Recurrences } from './recurrences.ts';
export { derivedId, idTimeMs, itemRunId, newId } from './run-id.ts';
export type { RunFilter, Runs } from './runs.ts';
export type { ScheduleCriteria } from './schedules/criteria.ts';
export type { PutSchedule } from './schedules/put-schedule.ts';
export type { Schedules } from './schedules/schedules.ts';
export type { ScheduleFilter, SchedulePlace } from './schedules/search-schedules.ts';
export type { Secrets } from './secrets.ts';
export { TIMER_LANES, type FiredRun, type ReadyRun, type Timer, type Timers } from './timers.ts';
export type { PlannedStart, Revision, Workflows, WorkflowVersion } from './workflows.ts';
export type { Webhook, WebhookSpec } from './webhooks/definitions.ts';
export type { DeliveryFilter } from './webhooks/deliveries.ts';
export type { UntoldEvent, WantedDelivery } from './webhooks/matching.ts';
export type { ClaimedDelivery, SettledDelivery } from './webhooks/sending.ts';
export type { Webhooks } from './webhooks/webhooks.ts';
