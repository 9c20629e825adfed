import { signals, type RunFeedEvent } from '@nightshift/contracts';
import type { Ledger, WantedDelivery } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { WebhookMetrics } from './webhook-metrics.ts';
import type { CompiledWebhook } from './wants-event.ts';

/** An event, and the webhooks that are known to have it. */
export interface Told {
  event: RunFeedEvent;
  told?: readonly string[];
}

/** Keeps a delivery for each webhook that wants one of the events, and tells those who send. @throws Failure `ledger.unavailable` */
export type QueueDeliveries = (
  webhooks: readonly CompiledWebhook[],
  events: readonly Told[],
  found: 'feed' | 'ledger',
) => Promise<void>;

export interface QueueDeliveriesDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'queue' | 'eventData'> };
  bus: Pick<Bus, 'send'>;
  metrics: WebhookMetrics;
  logger: Pick<Logger, 'warn'>;
}

/** Rows of one statement. */
const AT_ONCE = 1_000;

export const makeQueueDeliveries = ({ ledger, bus, metrics, logger }: QueueDeliveriesDeps): QueueDeliveries => {
  const wants = async (webhook: CompiledWebhook, event: RunFeedEvent): Promise<boolean> => {
    try {
      return await webhook.wants(event);
    } catch (error) {
      // It would fail the same way again: the event is none of its.
      metrics.filterErrors.inc({ webhook: webhook.name });
      logger.warn({ err: error, webhook: webhook.name, runId: event.runId, version: event.version }, 'a filter failed');
      return false;
    }
  };

  const whole = async (event: RunFeedEvent): Promise<RunFeedEvent> =>
    event.data !== undefined ? event : { ...event, ...(await ledger.webhooks.eventData(event.runId, event.version)) };

  return async (webhooks, events, found) => {
    const wanted: WantedDelivery[] = [];
    for (const { event, told = [] } of events) {
      let full: RunFeedEvent | undefined;
      for (const webhook of webhooks) {
        if (!webhook.types.has(event.type) || told.includes(webhook.id)) continue;
        // What was too large for the feed is read where somebody has to look into it.
        if (webhook.hasFilter) full ??= await whole(event);
        if (await wants(webhook, full ?? event)) wanted.push({ webhookId: webhook.id, event });
      }
    }
    let queued = 0;
    for (let first = 0; first < wanted.length; first += AT_ONCE)
      queued += await ledger.webhooks.queue(wanted.slice(first, first + AT_ONCE));
    if (queued === 0) return;
    metrics.queued.inc({ found }, queued);
    bus.send(signals.deliveries, {});
  };
};
