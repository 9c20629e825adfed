import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What a dashboard sees of the trigger service. */
export interface TriggerMetrics {
  readonly changesSeen: Counter;
  readonly changesMatched: Counter;
  readonly changesUnmatched: Counter;
  readonly runsRequested: Counter;
  readonly evaluations: Counter<'workflow' | 'outcome'>;
  readonly leftOut: Counter<'reason'>;
  readonly runsHeld: Counter<'guard' | 'workflow'>;
  readonly putAside: Counter<'code'>;
  readonly admission: Histogram;
  readonly lag: Gauge;
}

/** From what nobody notices to an outage. */
const ADMISSION_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

export const makeTriggerMetrics = (registry: Registry): TriggerMetrics => {
  const named = (name: string, help: string) => ({ name: `nightshift_trigger_${name}`, help, registers: [registry] });
  return {
    changesSeen: new Counter(named('changes_total', 'Changes that were handled')),
    changesMatched: new Counter(named('changes_matched_total', 'Changes that meet at least one trigger')),
    changesUnmatched: new Counter(named('changes_unmatched_total', 'Changes that meet no trigger')),
    runsRequested: new Counter(named('runs_requested_total', 'Runs that changes have started')),
    evaluations: new Counter({
      ...named('evaluations_total', 'Triggers that were looked at for a change, and what became of it'),
      labelNames: ['workflow', 'outcome'],
    }),
    leftOut: new Counter({
      ...named('left_out_total', 'Triggers that a change could not meet, of all workflows, and were not looked at'),
      labelNames: ['reason'],
    }),
    runsHeld: new Counter({
      name: 'nightshift_guard_breaches_total',
      help: 'Runs that a guard of their workflow holds before they start',
      labelNames: ['guard', 'workflow'],
      registers: [registry],
    }),
    putAside: new Counter({
      ...named('errors_total', 'Starts that were not possible, put aside as dead letters'),
      labelNames: ['code'],
    }),
    admission: new Histogram({
      ...named('admission_seconds', 'From the commit of a change to the commit of the run that it started'),
      buckets: ADMISSION_BUCKETS,
    }),
    lag: new Gauge(named('lag_seconds', 'Age of the newest handled change when it was handled')),
  };
};
