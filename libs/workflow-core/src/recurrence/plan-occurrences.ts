import type { RecurrenceBody } from '@nightshift/contracts';
import { jitterMs } from './jitter.ts';
import { nextOccurrences } from './next-occurrences.ts';

/** A planned moment of a recurrence, and when its run is to start: later by its jitter. */
export interface PlannedMoment {
  plannedAt: Date;
  dueAt: Date;
}

/** A recurrence's place: its key within its workflow. */
export interface RecurrencePlace {
  workflow: string;
  key: string;
}

/** The planned moments of a recurrence after a given one, ascending, as `nextOccurrences` finds them. */
export const planOccurrences = (
  { workflow, key }: RecurrencePlace,
  spec: RecurrenceBody,
  after: Date,
  count: number,
): PlannedMoment[] =>
  nextOccurrences(spec, after, count).map((plannedAt) => ({
    plannedAt,
    dueAt: new Date(plannedAt.getTime() + jitterMs(spec.jitter, `${workflow} ${key}`, plannedAt)),
  }));
