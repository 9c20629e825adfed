import type { RecurrenceRow } from '@nightshift/ledger';
import { planOccurrences, type PlannedMoment } from '@nightshift/workflow-core';

/** The planned moments of a recurrence that have come, and what follows them. */
export interface ComeMoments {
  /** Oldest first, at least one. */
  moments: PlannedMoment[];
  /** Undefined: there is none. */
  next: PlannedMoment | undefined;
  /** Whether the next has come too. */
  isBehind: boolean;
}

/** One commit after an outage. Larger makes the commit slow, and others wait; smaller costs more commits. */
const BATCH = 500;

/** Up to 500 of the moments that have come by `now`; the first of them is the recurrence's next, whatever the clock says. */
export const comeMoments = (recurrence: RecurrenceRow, now: Date): ComeMoments => {
  const { spec, nextAt, dueAt } = recurrence;
  const first: PlannedMoment = { plannedAt: nextAt, dueAt: dueAt ?? nextAt };
  const after = (count: number): PlannedMoment[] => planOccurrences(recurrence, spec, nextAt, count);
  const hasCome = (moment: PlannedMoment | undefined): boolean => moment !== undefined && moment.dueAt <= now;
  const [second] = after(1);
  // Nearly always one moment has come: the others are not worth planning then.
  if (!hasCome(second)) return { moments: [first], next: second, isBehind: false };
  const planned = [first, ...after(BATCH)];
  const notCome = planned.findIndex((moment, index) => index > 0 && !hasCome(moment));
  const count = Math.min(notCome === -1 ? planned.length : notCome, BATCH);
  const next = planned[count];
  return { moments: planned.slice(0, count), next, isBehind: hasCome(next) };
};
