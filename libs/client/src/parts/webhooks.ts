import type {
  DeliveryStatus,
  Page,
  RedeliverBody,
  Redelivered,
  WebhookBody,
  WebhookDelivery,
  WebhookPing,
  WebhookView,
  WebhookWithSecret,
} from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

/** Which deliveries to list. */
export interface DeliverySearch {
  status?: DeliveryStatus;
  run?: string;
  limit?: number;
  cursor?: string;
}

export const makeWebhooks = (http: Http) => {
  const of = (name: string, ...rest: string[]): string => pathOf('v1', 'webhooks', name, ...rest);
  const post = <Answer>(path: string, json?: unknown): Promise<Answer> =>
    http.json({ method: 'POST', path, ...(json !== undefined && { json }) });
  return {
    /** Has a receiver told of run events. A secret that is made for it comes with this answer and never again. */
    put: (name: string, webhook: WebhookBody): Promise<WebhookWithSecret> =>
      http.json({ method: 'PUT', path: of(name), json: webhook }),
    get: (name: string): Promise<WebhookView> => http.json({ path: of(name) }),
    list: async (): Promise<WebhookView[]> => (await http.json<Page<WebhookView>>({ path: '/v1/webhooks' })).items,
    delete: (name: string): Promise<void> => http.json({ method: 'DELETE', path: of(name) }),
    /** Makes a new secret; the one before signs too for a day. */
    rotateSecret: (name: string): Promise<WebhookWithSecret> => http.json({ method: 'PUT', path: of(name, 'secret') }),
    /** Sends a ping, and tells what came back. */
    test: (name: string): Promise<WebhookPing> => post(of(name, 'test')),
    pause: (name: string): Promise<WebhookView> => post(of(name, 'pause')),
    resume: (name: string): Promise<WebhookView> => post(of(name, 'resume')),
    /** Those of the newest events first. */
    deliveries: (name: string, search: DeliverySearch = {}): Promise<Page<WebhookDelivery>> =>
      http.json({ path: of(name, 'deliveries'), query: { ...search } }),
    redeliver: (name: string, deliveryId: string): Promise<Redelivered> =>
      post(of(name, 'deliveries', deliveryId, 'redeliver')),
    /** Sends all again that was given up, or what `status` says, of some time. */
    redeliverMany: (name: string, which: RedeliverBody): Promise<Redelivered> => post(of(name, 'redeliver'), which),
  };
};
