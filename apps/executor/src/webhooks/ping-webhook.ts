import { compileSchema, Failure, WebhookNameSchema, type WebhookPing } from '@nightshift/contracts';
import { newId, type Ledger } from '@nightshift/ledger';
import { Type } from 'typebox';
import type { PostEvent } from './post-event.ts';
import { pingEvent } from './webhook-event.ts';

const check = compileSchema(Type.Object({ name: WebhookNameSchema }));

export interface PingWebhookDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'target'> };
  postEvent: PostEvent;
}

/** Sends a ping, now and once, whether the webhook is paused or not. @throws Failure `webhook.not_found`, `request.invalid` */
export const makePingWebhook =
  ({ ledger, postEvent }: PingWebhookDeps) =>
  async (request: unknown): Promise<WebhookPing> => {
    const checked = check(request);
    if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
    const { name } = checked.value;
    const target = await ledger.webhooks.target(name);
    if (target === undefined) throw new Failure('webhook.not_found');
    const now = new Date();
    const id = newId(now.getTime());
    const { statusCode, tookMs, answer, error } = await postEvent(
      target,
      pingEvent(id, name, now),
      new AbortController().signal,
    );
    return { id, delivered: error === null, statusCode, tookMs, answer, error };
  };
