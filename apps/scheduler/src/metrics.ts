import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What a dashboard sees of the scheduler. */
export interface SchedulerMetrics {
  readonly timersFired: Counter;
  readonly recurrencesFired: Counter;
  readonly recurrencesSkipped: Counter<'reason'>;
  readonly lateness: Histogram<'kind'>;
  readonly handOuts: Counter;
  readonly listRunsStarted: Counter;
  readonly runsAdmitted: Counter;
  readonly runsReconciled: Counter;
  readonly waitsReconciled: Counter<'kind'>;
  readonly runsHeld: Gauge<'guard'>;
  readonly overdueAge: Gauge<'kind'>;
  readonly deliveries: Gauge<'webhook' | 'status'>;
}

/** From what nobody notices to an outage. */
const LATENESS_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

export const makeSchedulerMetrics = (registry: Registry): SchedulerMetrics => {
  const named = (name: string, help: string) => ({ name: `nightshift_scheduler_${name}`, help, registers: [registry] });
  return {
    timersFired: new Counter(named('timers_fired_total', 'Timers that this replica was first to fire')),
    recurrencesFired: new Counter(named('recurrences_fired_total', 'Planned moments that started a run')),
    recurrencesSkipped: new Counter({
      ...named('recurrences_skipped_total', 'Planned moments that started no run'),
      labelNames: ['reason'],
    }),
    lateness: new Histogram({
      ...named('lateness_seconds', 'From the due moment to the commit that fired it'),
      labelNames: ['kind'],
      buckets: LATENESS_BUCKETS,
    }),
    handOuts: new Counter(named('list_hand_outs_total', 'Times that a list was given the chance to start items')),
    listRunsStarted: new Counter(named('list_runs_started_total', 'Runs that hand-outs of lists have started')),
    runsAdmitted: new Counter(named('runs_admitted_total', 'Runs that were let go from the queues of their workflows')),
    runsReconciled: new Counter(named('runs_reconciled_total', 'Stalled runs that were dispatched again')),
    waitsReconciled: new Counter({
      ...named('waits_reconciled_total', 'Runs woken whose lock was free or whose outside event was there'),
      labelNames: ['kind'],
    }),
    runsHeld: new Gauge({
      ...named('runs_held', 'Runs that a guard of their workflow holds'),
      labelNames: ['guard'],
    }),
    overdueAge: new Gauge({
      ...named('overdue_age_seconds', 'For how long the oldest due work had been waiting at the last look'),
      labelNames: ['kind'],
    }),
    deliveries: new Gauge({
      name: 'nightshift_webhook_deliveries',
      help: 'Deliveries to webhooks that are to be sent (pending), or were given up (dead)',
      labelNames: ['webhook', 'status'],
      registers: [registry],
    }),
  };
};
