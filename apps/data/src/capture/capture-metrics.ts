import { Counter, Gauge, type Registry } from 'prom-client';

/** What tells whether change capture keeps up. */
export const makeCaptureMetrics = (registry: Registry) => ({
  published: new Counter({
    name: 'nightshift_changes_published_total',
    help: 'Change events that the stream has acknowledged',
    registers: [registry],
  }),
  troubles: new Counter({
    name: 'nightshift_changes_trouble_total',
    help: 'What became no whole event: truncate, origin, identity, oversize, no_id, unrepaired, lost',
    labelNames: ['trouble'],
    registers: [registry],
  }),
  gaps: new Counter({
    name: 'nightshift_changes_gaps_total',
    help: 'Stretches of the log whose changes were not captured',
    labelNames: ['reason'],
    registers: [registry],
  }),
  oldestSeconds: new Gauge({
    name: 'nightshift_changes_oldest_unconfirmed_seconds',
    help: 'How old the oldest change may be that is not yet published and finished by the trigger service',
    registers: [registry],
  }),
  lagBytes: new Gauge({
    name: 'nightshift_slot_lag_bytes',
    help: 'Log between the confirmed position and the end',
    registers: [registry],
  }),
  retainedBytes: new Gauge({
    name: 'nightshift_slot_retained_wal_bytes',
    help: 'Log that Postgres keeps on disk for the slot',
    registers: [registry],
  }),
  waiting: new Gauge({
    name: 'nightshift_changes_unconfirmed_transactions',
    help: 'Transactions that are read, and not yet published and finished by the trigger service',
    registers: [registry],
  }),
  isActive: new Gauge({
    name: 'nightshift_capture_active',
    help: '1 in the replica whose relay reads the log',
    registers: [registry],
  }),
});

export type CaptureMetrics = ReturnType<typeof makeCaptureMetrics>;
