import type { EventSourceBody, SignatureScheme } from '@nightshift/contracts';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it came in: its body unread, for that is what was signed. */
export interface SignedRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** What a request says of its signature. */
interface Claim {
  /** What stands before the body in what was signed, and after it. */
  before: string;
  after?: string;
  /** One of these is to be the signature. */
  signatures: readonly Buffer[];
  /** When it was signed; absent: the scheme does not say. */
  signedAtMs?: number;
}

/** `expired`: the signature is right, and too far from now. */
export type Verdict = 'right' | 'wrong' | 'expired';

const TOLERANCE_SECONDS = 300;
const seconds = /^\d{1,12}$/;

const headerOf = ({ headers }: SignedRequest, name: string): string => {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : '';
};

const timeMs = (text: string): number => (seconds.test(text) ? Number(text) * 1000 : NaN);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const base64 = (text: string): Buffer => Buffer.from(text, 'base64');
const withoutPrefix = (text: string, prefix: string): string[] =>
  text.startsWith(prefix) ? [text.slice(prefix.length)] : [];

const claims: Record<SignatureScheme, (request: SignedRequest, source: EventSourceBody) => Claim> = {
  // https://docs.stripe.com/webhooks#verify-manually
  stripe: (request) => {
    const parts = headerOf(request, 'stripe-signature').split(',');
    const values = (key: string): string[] => parts.flatMap((part) => withoutPrefix(part.trim(), `${key}=`));
    const [timestamp = ''] = values('t');
    return { before: `${timestamp}.`, signatures: values('v1').map(hex), signedAtMs: timeMs(timestamp) };
  },
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  github: (request) => ({
    before: '',
    signatures: withoutPrefix(headerOf(request, 'x-hub-signature-256'), 'sha256=').map(hex),
  }),
  // https://shopify.dev/docs/apps/build/webhooks/subscribe/https
  shopify: (request) => ({ before: '', signatures: [base64(headerOf(request, 'x-shopify-hmac-sha256'))] }),
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  slack: (request) => {
    const timestamp = headerOf(request, 'x-slack-request-timestamp');
    const signatures = withoutPrefix(headerOf(request, 'x-slack-signature'), 'v0=').map(hex);
    return { before: `v0:${timestamp}:`, signatures, signedAtMs: timeMs(timestamp) };
  },
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  'standard-webhooks': (request) => {
    const timestamp = headerOf(request, 'webhook-timestamp');
    const given = headerOf(request, 'webhook-signature').split(' ');
    return {
      before: `${headerOf(request, 'webhook-id')}.${timestamp}.`,
      signatures: given.flatMap((one) => withoutPrefix(one, 'v1,')).map(base64),
      signedAtMs: timeMs(timestamp),
    };
  },
  hmac: (request, { header = '', prefix = '', encoding = 'hex', timestampHeader, signed }) => {
    const timestamp = timestampHeader === undefined ? '' : headerOf(request, timestampHeader);
    const [before = '', after = ''] = (
      signed ?? (timestampHeader === undefined ? '{body}' : '{timestamp}.{body}')
    ).split('{body}', 2);
    const fill = (text: string): string => text.replaceAll('{timestamp}', () => timestamp);
    // 13 digits are milliseconds until the year 2286.
    const signedAtMs = /^\d{13}$/.test(timestamp) ? Number(timestamp) : timeMs(timestamp);
    return {
      before: fill(before),
      after: fill(after),
      signatures: withoutPrefix(headerOf(request, header), prefix).map((text) => Buffer.from(text, encoding)),
      ...(timestampHeader !== undefined && { signedAtMs }),
    };
  },
};

const keyOf = ({ scheme }: EventSourceBody, secret: string): Buffer =>
  scheme === 'standard-webhooks' ? base64(secret.replace(/^whsec_/, '')) : Buffer.from(secret);

/**
 * Whether a request was signed with one of the secrets, and not long ago. Takes as long for a wrong signature as for the right one.
 * The moment counts only when the signature that it is part of is right.
 */
export const checkSignature = (
  request: SignedRequest,
  source: EventSourceBody,
  secrets: readonly string[],
  nowMs: number,
): Verdict => {
  const { before, after = '', signatures, signedAtMs } = claims[source.scheme](request, source);
  let isRight = false;
  for (const secret of secrets) {
    const expected = createHmac(source.algorithm ?? 'sha256', keyOf(source, secret))
      .update(before)
      .update(request.body)
      .update(after)
      .digest();
    for (const given of signatures) {
      if (given.length === expected.length && timingSafeEqual(given, expected)) isRight = true;
    }
  }
  if (!isRight) return 'wrong';
  if (signedAtMs === undefined) return 'right';
  const toleranceMs = (source.toleranceSeconds ?? TOLERANCE_SECONDS) * 1000;
  // A moment that cannot be read is not near now.
  return Math.abs(nowMs - signedAtMs) <= toleranceMs ? 'right' : 'expired';
};
