import { randomBytes } from 'node:crypto';
import {
  compileSchema,
  Failure,
  requests,
  signals,
  WebhookBodySchema,
  type Page,
  type WebhookPing,
  type WebhookView,
  type WebhookWithSecret,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { SecretCipher } from '@nightshift/runtime';
import { checked, refusal } from '../door/checked.ts';
import { webhookViolations } from './check-webhook.ts';
import { makeDeliveryHandlers } from './delivery-handlers.ts';

export interface WebhookHandlersDeps {
  ledger: Pick<Ledger, 'secrets' | 'webhooks'>;
  bus: Pick<Bus, 'request' | 'send'>;
  cipher: Pick<SecretCipher, 'seal'>;
  nowMs: () => number;
}

const checkBody = compileSchema(WebhookBodySchema);

/** As Standard Webhooks asks for: 24 to 64 bytes. */
const SECRET_BYTES = 32;
/** Whoever verifies has so long to learn the new secret. */
const OLD_SECRET_SIGNS_MS = 24 * 60 * 60_000;
/** Longer than an attempt takes. */
const PING_TIMEOUT_MS = 15_000;

const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

const notFound = (name: string): Failure =>
  new Failure('webhook.not_found', { detail: `There is no webhook "${name.slice(0, 64)}"` });

/** Who outside is told of run events. */
export const makeWebhookHandlers = ({ ledger, bus, cipher, nowMs }: WebhookHandlersDeps) => {
  const get = async (name: string): Promise<WebhookView> => {
    const view = await ledger.webhooks.find(name);
    if (view === undefined) throw notFound(name);
    return view;
  };

  const changed = (): void => bus.send(signals.webhooks, {});

  return {
    get,
    ...makeDeliveryHandlers({ ledger, bus, nowMs, assertExists: get }),

    /** Keeps a webhook, or replaces it. @throws Failure `request.invalid`, `secret.unavailable`, `ledger.unavailable` */
    put: async (name: string, input: unknown): Promise<WebhookWithSecret> => {
      const body = checked(checkBody, input ?? {});
      const violations = webhookViolations(body, await ledger.secrets.list());
      if (violations.length > 0) throw refusal('request.invalid', violations);
      const { paused, ...spec } = body;
      const secret = spec.secret === undefined ? newSecret() : undefined;
      const isNewSecret = await ledger.webhooks.put(name, spec, paused, secret && cipher.seal(secret));
      changed();
      return { ...(await get(name)), ...(isNewSecret && { signingSecret: secret }) };
    },

    list: async (): Promise<Page<WebhookView>> => ({ items: await ledger.webhooks.list(), nextCursor: null }),

    /** @throws Failure `webhook.not_found` */
    remove: async (name: string): Promise<void> => {
      if (!(await ledger.webhooks.remove(name))) throw notFound(name);
      changed();
    },

    /** @throws Failure `webhook.not_found`, `request.invalid` for one that signs with stored secrets */
    rotate: async (name: string): Promise<WebhookWithSecret> => {
      if ((await get(name)).secret !== null)
        throw refusal('request.invalid', [
          { pointer: '/secret', detail: 'is a stored secret: store another one, and name both' },
        ]);
      const signingSecret = newSecret();
      const oldEndsAt = new Date(nowMs() + OLD_SECRET_SIGNS_MS);
      if (!(await ledger.webhooks.rotate(name, cipher.seal(signingSecret), oldEndsAt))) throw notFound(name);
      return { ...(await get(name)), signingSecret };
    },

    /** @throws Failure `webhook.not_found`, `messaging.unavailable` where no executor answers */
    test: async (name: string): Promise<WebhookPing> => {
      await get(name);
      return bus.request<WebhookPing>(
        requests.pingWebhook,
        { name },
        { timeoutMs: PING_TIMEOUT_MS, unavailable: 'messaging.unavailable' },
      );
    },

    /** @throws Failure `webhook.not_found` */
    pause: async (name: string): Promise<WebhookView> => {
      if (!(await ledger.webhooks.pause(name))) throw notFound(name);
      return get(name);
    },

    /** @throws Failure `webhook.not_found` */
    resume: async (name: string): Promise<WebhookView> => {
      if (!(await ledger.webhooks.resume(name))) throw notFound(name);
      bus.send(signals.deliveries, {});
      return get(name);
    },
  };
};

export type WebhookHandlers = ReturnType<typeof makeWebhookHandlers>;
