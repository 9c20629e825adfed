import type { ClaimedDelivery, Ledger, SettledDelivery } from '@nightshift/ledger';
import { nextAttemptAt, type RetryRules } from './next-attempt.ts';
import type { Posted, PostEvent } from './post-event.ts';
import { webhookEvent } from './webhook-event.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

/** An attempt that was made, and what it says of the webhook. */
export interface Sent {
  webhookId: string;
  settled: SettledDelivery;
  /** Null: it arrived. Undefined: it says nothing of the receiver. */
  error: string | null | undefined;
  /** The receiver wants no more. */
  isGone: boolean;
}

/** Makes one attempt. @throws Failure `ledger.unavailable` where the event cannot be read: nothing was sent */
export type SendDelivery = (delivery: ClaimedDelivery, interrupted: AbortSignal) => Promise<Sent>;

export interface SendDeliveryDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'eventData'> };
  postEvent: PostEvent;
  rules: RetryRules;
  metrics: WebhookMetrics;
}

const GONE = 410;

export const makeSendDelivery =
  ({ ledger, postEvent, rules, metrics }: SendDeliveryDeps): SendDelivery =>
  async (delivery, interrupted) => {
    const { id, attempt, webhookId, runId, version, spec } = delivery;
    const held = spec.payloads === true ? await ledger.webhooks.eventData(runId, version) : undefined;
    const posted = await postEvent(delivery, webhookEvent(delivery, held), interrupted);
    const { at, tookMs, statusCode, error } = posted;
    const outcome = outcomeOf(delivery, posted, interrupted, rules);
    metrics.attempts.inc({ webhook: delivery.webhook, outcome: outcome.name });
    metrics.took.observe(tookMs / 1000);
    return {
      webhookId,
      settled: { id, attempt, status: outcome.status, dueAt: outcome.dueAt, tried: { at, tookMs, statusCode, error } },
      error: outcome.name === 'interrupted' ? undefined : error,
      isGone: outcome.name === 'gone',
    };
  };

interface Outcome {
  name: 'delivered' | 'interrupted' | 'gone' | 'retried' | 'dead';
  status: SettledDelivery['status'];
  dueAt: Date;
}

const outcomeOf = (
  { firstAttemptAt }: ClaimedDelivery,
  { error, statusCode, retryAfterMs }: Posted,
  interrupted: AbortSignal,
  rules: RetryRules,
): Outcome => {
  const now = new Date();
  if (error === null) return { name: 'delivered', status: 'delivered', dueAt: now };
  if (statusCode === null && interrupted.aborted) return { name: 'interrupted', status: 'pending', dueAt: now };
  // Held by the pause that follows, and sent when somebody resumes.
  if (statusCode === GONE) return { name: 'gone', status: 'pending', dueAt: now };
  const next = nextAttemptAt(firstAttemptAt.getTime(), now.getTime(), rules, retryAfterMs);
  if (next === undefined) return { name: 'dead', status: 'dead', dueAt: now };
  return { name: 'retried', status: 'pending', dueAt: new Date(next) };
};
