import { Counter, Histogram, type Registry } from 'prom-client';

/** What a dashboard sees of what is sent to webhooks. */
export interface WebhookMetrics {
  readonly attempts: Counter<'webhook' | 'outcome'>;
  readonly took: Histogram;
}

export const makeWebhookMetrics = (registry: Registry): WebhookMetrics => ({
  attempts: new Counter({
    name: 'nightshift_webhook_attempts_total',
    help: 'Attempts to deliver an event to a webhook, by what followed: delivered, retried, dead, gone, interrupted',
    labelNames: ['webhook', 'outcome'],
    registers: [registry],
  }),
  took: new Histogram({
    name: 'nightshift_webhook_attempt_seconds',
    help: 'From the beginning of an attempt to its answer, or to its failure',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  }),
});
