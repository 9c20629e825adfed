import type { RunFeedEvent, WebhookEvent } from '@nightshift/contracts';
import type { ClaimedDelivery } from '@nightshift/ledger';

/** The body of a delivery. @param held what the event holds, where the webhook is to have that */
export const webhookEvent = (delivery: ClaimedDelivery, held?: { data: unknown }): WebhookEvent => {
  const { id, runId, version, type, at, workflow, chainId, listId } = delivery;
  const data: RunFeedEvent = {
    ...{ runId, version, type, at, workflow, chainId },
    ...(listId !== null && { listId }),
    ...held,
  };
  return {
    specversion: '1.0',
    id,
    source: `/workflows/${workflow}`,
    type: `nightshift.run.${type}`,
    subject: runId,
    time: at,
    datacontenttype: 'application/json',
    data,
  };
};

/** The body of a ping. */
export const pingEvent = (id: string, webhook: string, at: Date): WebhookEvent => ({
  specversion: '1.0',
  id,
  source: `/webhooks/${webhook}`,
  type: 'nightshift.webhook.ping',
  subject: webhook,
  time: at.toISOString(),
  datacontenttype: 'application/json',
  data: { webhook },
});
