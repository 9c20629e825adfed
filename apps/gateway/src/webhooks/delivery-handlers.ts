import {
  compileSchema,
  DeliveriesQuerySchema,
  Failure,
  RedeliverBodySchema,
  signals,
  type Page,
  type Redelivered,
  type WebhookDelivery,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { readDate } from '../door/read-date.ts';
import { readId } from '../door/read-id.ts';

export interface DeliveryHandlersDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'deliveries' | 'redeliver' | 'redeliverMany'> };
  bus: Pick<Bus, 'send'>;
  nowMs: () => number;
  /** @throws Failure `webhook.not_found` */
  assertExists: (webhook: string) => Promise<unknown>;
}

const checkQuery = compileSchema(DeliveriesQuerySchema);
const checkRedeliver = compileSchema(RedeliverBodySchema);
const LIMIT_DEFAULT = 50;

/** What a webhook was told, and once more. */
export const makeDeliveryHandlers = ({ ledger, bus, nowMs, assertExists }: DeliveryHandlersDeps) => {
  const sendNow = (redelivered: number): Redelivered => {
    if (redelivered > 0) bus.send(signals.deliveries, {});
    return { redelivered };
  };

  return {
    /** Those of the newest events first. @throws Failure `webhook.not_found`, `request.invalid` */
    deliveries: async (name: string, query: HttpRequest['query']): Promise<Page<WebhookDelivery>> => {
      const {
        status,
        run,
        limit = LIMIT_DEFAULT,
        cursor,
      } = checked(checkQuery, coerceQuery(query, DeliveriesQuerySchema));
      await assertExists(name);
      return ledger.webhooks.deliveries(name, { status, runId: run }, limit, cursor);
    },

    /** @throws Failure `webhook.not_found`, `webhook.delivery_not_found` */
    redeliver: async (name: string, deliveryId: string): Promise<Redelivered> => {
      const id = readId(deliveryId, 'webhook.delivery_not_found');
      await assertExists(name);
      if (!(await ledger.webhooks.redeliver(name, id)))
        throw new Failure('webhook.delivery_not_found', { detail: `Webhook "${name}" has no delivery ${id}` });
      return sendNow(1);
    },

    /** @throws Failure `webhook.not_found`, `request.invalid` */
    redeliverMany: async (name: string, body: unknown): Promise<Redelivered> => {
      const { from, to, status = 'dead' } = checked(checkRedeliver, body ?? {});
      const range = { from: readDate('/from', from)!, to: readDate('/to', to) ?? new Date(nowMs()) };
      if (range.from >= range.to)
        throw refusal('request.invalid', [{ pointer: '/from', detail: 'must be before /to' }]);
      await assertExists(name);
      return sendNow(await ledger.webhooks.redeliverMany(name, range, status));
    },
  };
};
