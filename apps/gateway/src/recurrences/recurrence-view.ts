import type { Recurrence } from '@nightshift/contracts';
import type { RecurrenceRow } from '@nightshift/ledger';
import { nextOccurrences } from '@nightshift/workflow-core';

/** How many planned moments an answer shows. */
export const SHOWN = 10;

export const isoTimes = (moments: readonly Date[]): string[] => moments.map((moment) => moment.toISOString());

/** A recurrence as it is answered, with the next ten moments after now. */
export const recurrenceView = (row: RecurrenceRow, nowMs: number): Recurrence => ({
  workflow: row.workflow,
  key: row.key,
  ...row.spec,
  paused: row.pausedAt !== null,
  ...(row.workflowVersion !== null && { workflowVersion: row.workflowVersion }),
  next: isoTimes(nextOccurrences(row.spec, new Date(nowMs), SHOWN)),
});
