import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeLoop } from '@nightshift/runtime';
import { makeFaultLog } from '../../apps/scheduler/src/loops/fault-log.ts';
import type { SchedulerMetrics } from '../../apps/scheduler/src/metrics.ts';
import { makeReconcileRuns } from '../../apps/scheduler/src/reconciler/reconcile-runs.ts';
import { makeReconcileWaits } from '../../apps/scheduler/src/reconciler/reconcile-waits.ts';
import { makeFireTimers } from '../../apps/scheduler/src/timers/fire-timers.ts';
import { makeWatchTimers } from '../../apps/scheduler/src/timers/watch-timers.ts';
import type { SimulatedBus } from './bus-link.ts';
import { silent } from './executor-process.ts';
import type { SimulatedLedger } from './ledger-link.ts';

const uncounted = { inc() {}, observe() {}, set() {} };

const metrics = new Proxy({}, { get: () => uncounted }) as SchedulerMetrics;

const REST_MS = 1_000;

/** The scheduler's own loops for timers, stalled runs and forgotten waits, on simulated servers. */
export const startScheduler = (simulated: { ledger: SimulatedLedger; bus: SimulatedBus }): { close: () => void } => {
  const ledger = simulated.ledger as Ledger;
  const bus = simulated.bus as Bus;
  const faults = makeFaultLog(silent);
  const deps = { ledger, bus, metrics, faults, logger: silent };
  const loops = [
    makeLoop({ turn: makeReconcileRuns(deps), restMs: REST_MS, onFault: (error) => faults.failed('runs', error) }),
    makeLoop({ turn: makeReconcileWaits(deps), restMs: REST_MS, onFault: (error) => faults.failed('waits', error) }),
    makeWatchTimers({ ...deps, fireTimers: makeFireTimers(deps) }),
  ];
  for (const loop of loops) loop.start();
  return {
    close: () => {
      for (const loop of loops) void loop.stop();
    },
  };
};
