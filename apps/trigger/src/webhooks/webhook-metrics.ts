import { Counter, Gauge, type Registry } from 'prom-client';

/** What a dashboard sees of the matching of run events to webhooks. */
export interface WebhookMetrics {
  readonly queued: Counter<'found'>;
  readonly filterErrors: Counter<'webhook'>;
  readonly lag: Gauge;
}

export const makeWebhookMetrics = (registry: Registry): WebhookMetrics => {
  const named = (name: string, help: string) => ({ name: `nightshift_webhooks_${name}`, help, registers: [registry] });
  return {
    queued: new Counter({
      ...named(
        'queued_total',
        'Deliveries that were found, on the feed or, what the feed did not bring, in the ledger',
      ),
      labelNames: ['found'],
    }),
    filterErrors: new Counter({
      ...named('filter_errors_total', 'Events for which the filter of a webhook failed: it is not told of them'),
      labelNames: ['webhook'],
    }),
    lag: new Gauge(named('watch_lag_seconds', 'How far behind the look through the ledger was when it last began')),
  };
};
