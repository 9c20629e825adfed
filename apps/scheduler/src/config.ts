import { commonConfig } from '@nightshift/runtime';
import { Type, type Static } from 'typebox';

/** What the scheduler is told by its environment. */
export const SchedulerConfigSchema = Type.Object({
  ...commonConfig,
  /** `postgres://…`, of a role in `nightshift_scheduler`. */
  NIGHTSHIFT_LEDGER_URL: Type.String({ minLength: 1 }),
  /** For how long outside events are kept for runs that come to wait for them. */
  NIGHTSHIFT_EVENTS_KEEP_DAYS: Type.Integer({ minimum: 1, default: 7 }),
  /** For how long it can be read what became of the planned moments of recurrences. */
  NIGHTSHIFT_OCCURRENCES_KEEP_DAYS: Type.Integer({ minimum: 1, default: 90 }),
  /** For how long schedules that have ended are found among schedules. Their runs are not affected. */
  NIGHTSHIFT_SCHEDULES_KEEP_DAYS: Type.Integer({ minimum: 1, default: 90 }),
  /** For how long the deliveries of webhooks that have arrived, or were given up, can be read and sent again. */
  NIGHTSHIFT_WEBHOOKS_KEEP_DAYS: Type.Integer({ minimum: 1, default: 30 }),
  /** For how long a request that is repeated with its Idempotency-Key gets the first one's answer. */
  NIGHTSHIFT_IDEMPOTENCY_KEEP_HOURS: Type.Integer({ minimum: 1, default: 24 }),
  /** For how long it can be read who changed what. */
  NIGHTSHIFT_AUDIT_KEEP_DAYS: Type.Integer({ minimum: 1, default: 365 }),
});
export type SchedulerConfig = Static<typeof SchedulerConfigSchema>;
