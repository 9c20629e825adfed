import type { RunEventType } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { QueueDeliveries } from './queue-deliveries.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';
import type { CompiledWebhook } from './wants-event.ts';

/**
 * Finds in the ledger what webhooks want and have no delivery of: from the moment up to which that was done, less a margin.
 * @param isWanted asked between two stretches: false ends the look
 * @throws Failure `ledger.unavailable`
 */
export type LookThroughLedger = (webhooks: readonly CompiledWebhook[], isWanted: () => boolean) => Promise<void>;

export interface LookThroughLedgerDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'untold' | 'watched' | 'handled'> };
  queueDeliveries: QueueDeliveries;
  metrics: WebhookMetrics;
}

/**
 * Longer than it takes from the moment that an event carries to the commit that shows it, the difference between clocks included. An
 * append is given up after ten seconds. Smaller, and an event may be overlooked; larger, and each look reads more.
 */
export const MARGIN_MS = 60_000;

/** What one statement reads. Larger takes memory for what a busy stretch holds; smaller makes a long absence slow to catch up with. */
const STRETCH_MS = 10_000;

export const makeLookThroughLedger =
  ({ ledger, queueDeliveries, metrics }: LookThroughLedgerDeps): LookThroughLedger =>
  async (webhooks, isWanted) => {
    const { handledTo, now } = await ledger.webhooks.watched();
    const types = [...new Set(webhooks.flatMap((webhook) => [...webhook.types]))] satisfies RunEventType[];
    const ids = webhooks.map(({ id }) => id);
    const withData = webhooks.some(({ hasFilter }) => hasFilter);
    const oldestMs = Math.min(...webhooks.map(({ createdAtMs }) => createdAtMs));
    const fromMs = Math.max(handledTo.getTime(), oldestMs) - MARGIN_MS;
    metrics.lag.set(Math.max(0, now.getTime() - fromMs - MARGIN_MS) / 1000);
    for (let startMs = fromMs; startMs <= now.getTime(); startMs += STRETCH_MS) {
      if (!isWanted()) return;
      const isLast = startMs + STRETCH_MS > now.getTime();
      // The last stretch goes on into what is still to come: somebody's clock may be ahead.
      const endMs = isLast ? now.getTime() + MARGIN_MS : startMs + STRETCH_MS;
      const range = { from: new Date(startMs), to: new Date(endMs) };
      await queueDeliveries(webhooks, await ledger.webhooks.untold(range, types, ids, withData), 'ledger');
      if (!isLast) await ledger.webhooks.handled(range.to);
    }
    await ledger.webhooks.handled(now);
  };
