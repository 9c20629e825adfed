import { Counter, type Registry } from 'prom-client';
import { makeWebhookMetrics, type WebhookMetrics } from './webhooks/webhook-metrics.ts';

/** What a dashboard sees of the executor. */
export interface ExecutorMetrics {
  readonly guardBreaches: Counter<'guard' | 'workflow'>;
  readonly webhooks: WebhookMetrics;
}

export const makeExecutorMetrics = (registry: Registry): ExecutorMetrics => ({
  guardBreaches: new Counter({
    name: 'nightshift_guard_breaches_total',
    help: 'Runs that a guard of their workflow holds before their first step',
    labelNames: ['guard', 'workflow'],
    registers: [registry],
  }),
  webhooks: makeWebhookMetrics(registry),
});
