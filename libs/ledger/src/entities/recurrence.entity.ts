import type { Caller, RecurrenceBody } from '@nightshift/contracts';
import { EntitySchema } from 'typeorm';

/** A row of `recurrences`. */
export interface RecurrenceRow {
  workflow: string;
  key: string;
  spec: RecurrenceBody;
  /** The planned moment that is settled next. */
  nextAt: Date;
  /** When that is: later by its jitter. Null: no moment is left, only the queue. */
  dueAt: Date | null;
  pausedAt: Date | null;
  lastRunId: string | null;
  /** Null: the one that is published at the start of a run. */
  workflowVersion: number | null;
  hasQueue: boolean;
  /** Null: it was set before that was asked. */
  requestedBy: Caller | null;
}

/** A row as statements return it. */
export const ROW_COLUMNS = `workflow, key, spec, next_at AS "nextAt", due_at AS "dueAt", paused_at AS "pausedAt",
  last_run_id AS "lastRunId", workflow_version AS "workflowVersion", has_queue AS "hasQueue", requested_by AS "requestedBy"`;

export const RecurrenceEntity = new EntitySchema<RecurrenceRow>({
  name: 'recurrence',
  schema: 'nightshift',
  tableName: 'recurrences',
  columns: {
    workflow: { type: 'text', primary: true },
    key: { type: 'text', primary: true },
    spec: { type: 'json' },
    nextAt: { type: 'timestamptz', name: 'next_at' },
    dueAt: { type: 'timestamptz', name: 'due_at', nullable: true },
    pausedAt: { type: 'timestamptz', name: 'paused_at', nullable: true },
    lastRunId: { type: 'uuid', name: 'last_run_id', nullable: true },
    workflowVersion: { type: 'int', name: 'workflow_version', nullable: true },
    hasQueue: { type: 'boolean', name: 'has_queue' },
    requestedBy: { type: 'json', name: 'requested_by', nullable: true },
  },
});
