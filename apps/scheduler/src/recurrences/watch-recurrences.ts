import type { Ledger, RecurrenceRow } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Activity } from '../loops/activity.ts';
import { makeDueWork } from '../loops/due-work.ts';
import type { FaultLog } from '../loops/fault-log.ts';
import { hearPlanned } from '../loops/hear-planned.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface WatchRecurrencesDeps {
  ledger: Pick<Ledger, 'recurrences'>;
  bus: Pick<Bus, 'subscribe'>;
  fireRecurrences: (recurrences: RecurrenceRow[]) => Promise<number>;
  metrics: SchedulerMetrics;
  faults: FaultLog;
}

/** Starts the runs of recurrences as their planned moments come. */
export const makeWatchRecurrences = ({
  ledger,
  bus,
  fireRecurrences,
  metrics,
  faults,
}: WatchRecurrencesDeps): Activity =>
  hearPlanned(
    bus,
    makeDueWork<RecurrenceRow>({
      name: 'recurrences',
      upcoming: ledger.recurrences.upcoming,
      dueAt: ({ nextAt, dueAt }) => dueAt ?? nextAt,
      fire: fireRecurrences,
      onOverdue: (ageMs) => metrics.overdueAge.set({ kind: 'recurrence' }, ageMs / 1000),
      faults,
    }),
  );
