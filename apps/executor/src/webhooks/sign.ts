import { createHmac } from 'node:crypto';
import { Failure } from '@nightshift/contracts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** The key in a secret of Standard Webhooks: base64, with `whsec_` before it or not. @throws Failure `secret.unavailable` */
export const signingKey = (secret: string): Buffer => {
  const text = secret.replace(/^whsec_/, '');
  if (text !== '' && base64.test(text)) return Buffer.from(text, 'base64');
  throw new Failure('secret.unavailable', { detail: 'A secret that webhooks are signed with has to be base64' });
};

/**
 * The headers that prove where a webhook comes from: one signature for each secret.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const signedHeaders = (
  id: string,
  atMs: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> => {
  const timestamp = String(Math.floor(atMs / 1000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', signingKey(secret)).update(`${id}.${timestamp}.${body}`);
    return `v1,${mac.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
};
