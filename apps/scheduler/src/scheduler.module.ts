import type { DynamicModule } from '@nestjs/common';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import { nextOccurrences } from '@nightshift/workflow-core';
import type { Registry } from 'prom-client';
import { makeDispatchRequested } from './dispatch-requested.ts';
import { makeHandOutList } from './lists/hand-out-list.ts';
import { makeWatchLists } from './lists/watch-lists.ts';
import { ACTIVITIES, makeActivities } from './loops/activity.ts';
import { makeFaultLog } from './loops/fault-log.ts';
import { makeLoop } from './loops/loop.ts';
import { makeSchedulerMetrics } from './metrics.ts';
import { makeEnsurePartitions } from './partitions/ensure-partitions.ts';
import { makeReconcileRuns } from './reconciler/reconcile-runs.ts';
import { makeFireRecurrence } from './recurrences/fire-recurrence.ts';
import { makeFireRecurrences } from './recurrences/fire-recurrences.ts';
import { makeWatchRecurrences } from './recurrences/watch-recurrences.ts';
import { makeFireTimers } from './timers/fire-timers.ts';
import { makeWatchTimers } from './timers/watch-timers.ts';

export interface SchedulerParts {
  ledger: Ledger;
  bus: Bus;
  logger: Logger;
  registry: Registry;
}

class SchedulerModule {}

/** After a reconciliation that failed. Its next regular turn would be no later. */
const RECONCILER_REST_MS = 1_000;
/** Partitions are made months ahead: nothing is urgent. */
const PARTITIONS_REST_MS = 60_000;

/** The scheduler's parts, put together. */
export const schedulerModule = ({ ledger, bus, logger, registry }: SchedulerParts): DynamicModule => {
  const metrics = makeSchedulerMetrics(registry);
  const faults = makeFaultLog(logger);
  const dispatch = makeDispatchRequested(bus);

  const fireTimers = makeFireTimers({ ledger, bus, metrics });
  const fireRecurrence = makeFireRecurrence({ ledger, dispatch, nextOccurrences, metrics, logger });
  const fireRecurrences = makeFireRecurrences({ fireRecurrence, logger });
  const handOut = makeHandOutList({ ledger, dispatch, metrics });
  const reconcileRuns = makeReconcileRuns({ ledger, bus, metrics, faults, logger });
  const ensurePartitions = makeEnsurePartitions({ ledger, logger });

  const makeSchedulerActivities = () =>
    makeActivities(
      makeWatchTimers({ ledger, bus, fireTimers, metrics, faults }),
      makeWatchRecurrences({ ledger, bus, fireRecurrences, metrics, faults }),
      makeWatchLists({ ledger, bus, handOut, faults }),
      makeLoop({ name: 'reconciler', turn: reconcileRuns, restMs: RECONCILER_REST_MS, faults }),
      makeLoop({ name: 'partitions', turn: ensurePartitions, restMs: PARTITIONS_REST_MS, faults }),
    );
  return {
    module: SchedulerModule,
    providers: [{ provide: ACTIVITIES, useFactory: makeSchedulerActivities }],
  };
};
