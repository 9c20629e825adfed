import { requests } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger, SecretCipher } from '@nightshift/runtime';
import type { Dispatcher } from 'undici';
import type { ReadSecrets } from '../secrets.ts';
import { keepSending } from './keep-sending.ts';
import { makeNoteAttempts } from './note-attempts.ts';
import { makePingWebhook } from './ping-webhook.ts';
import { makePostEvent } from './post-event.ts';
import { makeSendDelivery } from './send-delivery.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface WebhooksDeps {
  ledger: Pick<Ledger, 'webhooks'>;
  bus: Pick<Bus, 'serve' | 'subscribe'>;
  cipher: Pick<SecretCipher, 'open'>;
  readSecrets: ReadSecrets;
  /** The way out. */
  dispatcher: Dispatcher;
  retryForMs: number;
  metrics: WebhookMetrics;
  logger: Pick<Logger, 'warn'>;
}

/** Sends webhooks what they are to be told, from now on. @returns what ends it */
export const openWebhooks = (deps: WebhooksDeps): (() => Promise<void>) => {
  const { ledger, bus, cipher, readSecrets, dispatcher, retryForMs, metrics, logger } = deps;
  const postEvent = makePostEvent({ ledger, cipher, readSecrets, dispatcher });
  const sendDelivery = makeSendDelivery({
    ledger,
    postEvent,
    rules: { retryForMs, random: Math.random },
    metrics,
  });
  const close = keepSending({ ledger, bus, sendDelivery, noteAttempts: makeNoteAttempts({ ledger, logger }), logger });
  const pings = bus.serve(requests.pingWebhook, makePingWebhook({ ledger, postEvent }), { queue: 'executor' });
  return async () => {
    await Promise.all([pings.close(), close()]);
  };
};
