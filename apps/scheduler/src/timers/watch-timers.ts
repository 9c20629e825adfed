import { TIMER_LANES, type Ledger, type Timer } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Activity } from '../loops/activity.ts';
import { makeDueWork } from '../loops/due-work.ts';
import type { FaultLog } from '../loops/fault-log.ts';
import { hearPlanned } from '../loops/hear-planned.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface WatchTimersDeps {
  ledger: Pick<Ledger, 'timers'>;
  bus: Pick<Bus, 'subscribe'>;
  fireTimers: (timers: Timer[]) => Promise<number>;
  metrics: SchedulerMetrics;
  faults: FaultLog;
}

/** Fires the timers of runs as they fall due. */
export const makeWatchTimers = ({ ledger, bus, fireTimers, metrics, faults }: WatchTimersDeps): Activity =>
  hearPlanned(
    bus,
    makeDueWork<Timer>({
      name: 'timers',
      upcoming: ledger.timers.upcoming,
      shares: TIMER_LANES,
      dueAt: ({ dueAt }) => dueAt,
      fire: fireTimers,
      onOverdue: (ageMs) => metrics.overdueAge.set({ kind: 'timer' }, ageMs / 1000),
      faults,
    }),
  );
