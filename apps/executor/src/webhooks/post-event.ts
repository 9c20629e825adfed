import { asFailure, Failure, type DeliveryAttempt, type WebhookEvent } from '@nightshift/contracts';
import type { Ledger, WebhookSpec } from '@nightshift/ledger';
import type { SecretCipher } from '@nightshift/runtime';
import { fetch, type Dispatcher } from 'undici';
import { excerpt, readBody } from '../perform/http-answer.ts';
import { retryAfter } from '../perform/retry-after.ts';
import { redact, type ReadSecrets } from '../secrets.ts';
import { signedHeaders } from './sign.ts';

/** What came back. */
export interface Posted extends DeliveryAttempt {
  /** The beginning of the answer's body. */
  answer: string | null;
  retryAfterMs?: number;
}

/**
 * Sends one event, signed. What goes wrong is the attempt's error.
 * @param interrupted gives the attempt up
 * @throws Failure `ledger.unavailable` where no secret can be read: nothing was sent
 */
export type PostEvent = (
  webhook: { webhookId: string; spec: WebhookSpec },
  event: WebhookEvent,
  interrupted: AbortSignal,
) => Promise<Posted>;

export interface PostEventDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'madeSecrets'> };
  cipher: Pick<SecretCipher, 'open'>;
  readSecrets: ReadSecrets;
  dispatcher: Dispatcher;
}

/** Longer, and a receiver that hangs keeps its deliveries for itself; shorter, and honest work does not end in time. */
export const POST_TIMEOUT_MS = 10_000;
/** Of an answer, so much is read: enough to tell a person why. */
const ANSWER_BYTES = 4096;
/** Shorter, and each delivery costs a read; longer, and a secret signs for as long after its end. */
const SECRETS_MAX_AGE_MS = 5_000;

export const makePostEvent = ({ ledger, cipher, readSecrets, dispatcher }: PostEventDeps): PostEvent => {
  const made = new Map<string, { secrets: string[]; readAtMs: number }>();

  const madeSecrets = async (webhookId: string): Promise<string[]> => {
    const known = made.get(webhookId);
    if (known !== undefined && performance.now() - known.readAtMs < SECRETS_MAX_AGE_MS) return known.secrets;
    const readAtMs = performance.now();
    const secrets = (await ledger.webhooks.madeSecrets(webhookId)).map((sealed) => cipher.open(sealed));
    if (secrets.length === 0) throw new Failure('secret.unavailable', { detail: 'The webhook has no secret' });
    made.set(webhookId, { secrets, readAtMs });
    return secrets;
  };

  return async ({ webhookId, spec }, event, interrupted) => {
    const startedAt = new Date();
    const began = performance.now();
    const attempt = (part: Partial<Posted>): Posted => ({
      at: startedAt.toISOString(),
      tookMs: Math.round(performance.now() - began),
      ...{ statusCode: null, error: null, answer: null },
      ...part,
    });
    let secrets: Record<string, string> = {};
    try {
      const signing = spec.secret === undefined ? undefined : [spec.secret].flat();
      const inHeaders = Object.values(spec.headers ?? {}).flatMap((value) =>
        typeof value === 'string' ? [] : value.secret,
      );
      const opened = await readSecrets([...new Set([...(signing ?? []), ...inHeaders])]);
      const keys = signing?.map((name) => opened[name]!) ?? (await madeSecrets(webhookId));
      secrets = {
        ...opened,
        ...Object.fromEntries(keys.map((key, index) => [signing?.[index] ?? 'of the webhook', key])),
      };
      const body = JSON.stringify(event);
      const own = Object.entries(spec.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        typeof value === 'string' ? value : opened[value.secret]!,
      ]);
      const response = await fetch(spec.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents+json',
          'user-agent': 'Nightshift-Webhooks/1',
          ...(Object.fromEntries(own) as Record<string, string>),
          ...signedHeaders(event.id, startedAt.getTime(), body, keys),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(POST_TIMEOUT_MS), interrupted]),
        dispatcher,
      });
      const { bytes } = await readBody(response, ANSWER_BYTES);
      const answer = redact(excerpt(bytes), secrets) as string;
      const { status: statusCode } = response;
      if (response.ok) return attempt({ statusCode, answer });
      const retryAfterMs = retryAfter(response.headers.get('retry-after'));
      return attempt({
        ...{ statusCode, answer },
        error: `answered ${statusCode}${answer && `: ${answer}`}`,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
    } catch (error) {
      if (error instanceof Failure && error.code === 'ledger.unavailable') throw error;
      return attempt({ error: redact(reasonOf(error, interrupted), secrets) as string });
    }
  };
};

/** In words that hold neither the path nor the query of the address, which may be secret. */
const reasonOf = (error: unknown, interrupted: AbortSignal): string => {
  if (interrupted.aborted) return 'interrupted: whoever sent it was stopped';
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Failure) return cause.message;
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${POST_TIMEOUT_MS} ms`;
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  const reason = cause?.code ?? cause?.message;
  return typeof reason === 'string' ? `not reached (${reason})` : asFailure(error).message;
};
