import type { Database } from '../database.ts';
import { makeWebhookDefinitions, type WebhookDefinitions } from './definitions.ts';
import { makeWebhookDeliveries, type WebhookDeliveries } from './deliveries.ts';
import { makeWebhookMatching, type WebhookMatching } from './matching.ts';
import { makeWebhookSending, type WebhookSending } from './sending.ts';

/** Receivers outside that are told of run events, and what they are told. */
export interface Webhooks extends WebhookDefinitions, WebhookDeliveries, WebhookMatching, WebhookSending {}

export const makeWebhooks = (database: Database): Webhooks => ({
  ...makeWebhookDefinitions(database),
  ...makeWebhookDeliveries(database),
  ...makeWebhookMatching(database),
  ...makeWebhookSending(database),
});
