import type { DynamicModule } from '@nestjs/common';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeLoop, type Logger } from '@nightshift/runtime';
import type { Registry } from 'prom-client';
import { makeDispatchRequested } from './dispatch-requested.ts';
import { makeAdmissionRules } from './flow/admission-rules.ts';
import { makeServeFlow } from './flow/serve-flow.ts';
import { makeWatchFlows } from './flow/watch-flows.ts';
import { makeKeepHouse } from './housekeeping/keep-house.ts';
import { makeHandOutList } from './lists/hand-out-list.ts';
import { makeWatchLists } from './lists/watch-lists.ts';
import { ACTIVITIES, makeActivities } from './loops/activity.ts';
import { makeFaultLog } from './loops/fault-log.ts';
import { makeSchedulerMetrics } from './metrics.ts';
import { makeEnsurePartitions } from './partitions/ensure-partitions.ts';
import { makeReconcileRuns } from './reconciler/reconcile-runs.ts';
import { makeReconcileWaits } from './reconciler/reconcile-waits.ts';
import { makeCancelPrevious } from './recurrences/cancel-previous.ts';
import { makeFireQueued, makeWorkOffQueues } from './recurrences/fire-queued.ts';
import { makeFireRecurrence } from './recurrences/fire-recurrence.ts';
import { makeFireRecurrences } from './recurrences/fire-recurrences.ts';
import { makeIsThingGone } from './recurrences/thing-gone.ts';
import { makeWatchRecurrences } from './recurrences/watch-recurrences.ts';
import { makeAnnounceEnded } from './runs/announce-ended.ts';
import { makeFireTimers } from './timers/fire-timers.ts';
import { makeWatchTimers } from './timers/watch-timers.ts';

export interface SchedulerParts {
  ledger: Ledger;
  bus: Bus;
  logger: Logger;
  registry: Registry;
  eventsKeptForMs: number;
  occurrencesKeptForMs: number;
  schedulesKeptForMs: number;
  idempotencyKeysKeptForMs: number;
  auditKeptForMs: number;
  deliveriesKeptForMs: number;
}

class SchedulerModule {}

/** After a reconciliation that failed. Its next regular turn would be no later. */
const RECONCILER_REST_MS = 1_000;
/** Partitions are made months ahead, old things may stay a little longer: nothing is urgent. */
const UNHURRIED_REST_MS = 60_000;

/** The scheduler's parts, put together. */
export const schedulerModule = ({ ledger, bus, logger, registry, ...kept }: SchedulerParts): DynamicModule => {
  const metrics = makeSchedulerMetrics(registry);
  const faults = makeFaultLog(logger);
  const dispatch = makeDispatchRequested(bus);

  const announceEnded = makeAnnounceEnded({ bus });
  const fireTimers = makeFireTimers({ ledger, bus, metrics });
  const cancelPrevious = makeCancelPrevious({ ledger, announceEnded });
  const isThingGone = makeIsThingGone({ bus, faults });
  const fireRecurrence = makeFireRecurrence({ ledger, bus, dispatch, cancelPrevious, isThingGone, metrics, logger });
  const fireQueued = makeFireQueued({ ledger, dispatch, isThingGone, metrics });
  const fireRecurrences = makeFireRecurrences({ fireRecurrence, faults, logger });
  const workOffQueues = makeWorkOffQueues({
    ledger,
    fireQueued: makeFireRecurrences({ fireRecurrence: fireQueued, faults, logger }),
    faults,
  });
  const handOut = makeHandOutList({ ledger, bus, dispatch, metrics });
  const serveFlow = makeServeFlow({ ledger, bus, rules: makeAdmissionRules(), announceEnded, metrics });
  const reconcileRuns = makeReconcileRuns({ ledger, bus, metrics, faults, logger });
  const reconcileWaits = makeReconcileWaits({ ledger, bus, metrics, faults, logger });
  const keepHouse = makeKeepHouse({ ledger, ...kept, metrics, logger });
  const ensurePartitions = makeEnsurePartitions({ ledger, logger });

  const makeSchedulerActivities = () =>
    makeActivities(
      makeWatchTimers({ ledger, bus, fireTimers, metrics, faults }),
      makeWatchRecurrences({ ledger, bus, fireRecurrences, metrics, faults }),
      makeLoop({ turn: workOffQueues, restMs: RECONCILER_REST_MS, onFault: (error) => faults.failed('queues', error) }),
      makeWatchLists({ ledger, bus, handOut, faults }),
      makeWatchFlows({ ledger, bus, serve: serveFlow, faults }),
      makeLoop({
        turn: reconcileRuns,
        restMs: RECONCILER_REST_MS,
        onFault: (error) => faults.failed('reconciler', error),
      }),
      makeLoop({ turn: reconcileWaits, restMs: RECONCILER_REST_MS, onFault: (error) => faults.failed('waits', error) }),
      makeLoop({
        turn: keepHouse,
        restMs: UNHURRIED_REST_MS,
        onFault: (error) => faults.failed('housekeeping', error),
      }),
      makeLoop({
        turn: ensurePartitions,
        restMs: UNHURRIED_REST_MS,
        onFault: (error) => faults.failed('partitions', error),
      }),
    );
  return {
    module: SchedulerModule,
    providers: [{ provide: ACTIVITIES, useFactory: makeSchedulerActivities }],
  };
};
