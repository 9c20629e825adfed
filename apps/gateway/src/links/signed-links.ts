import { durationMs, Failure, type Duration } from '@nightshift/contracts';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { refusal } from '../door/checked.ts';

const DAY_MS = 24 * 60 * 60_000;
const DEFAULT_MS = DAY_MS;
const LONGEST_MS = 90 * DAY_MS;

/** A token is an id, the second of its end, and their HMAC-SHA256, in base64url. */
const ID_BYTES = 16;
const END_BYTES = 6;
const SIGNED_BYTES = ID_BYTES + END_BYTES;
const MAC_BYTES = 32;

export interface SignedLinksDeps {
  /** What tokens are signed with; another one for each purpose. @throws Failure `secret.unavailable` where there is none */
  linkKey: () => Buffer;
  nowMs: () => number;
}

/** Tokens that open one thing for anybody until they expire. Nothing is kept of them: a token is its own proof. */
export interface SignedLinks {
  /** How long a link is to last, in milliseconds: a day unless told. @throws Failure `request.invalid` */
  lengthOf(expiresIn: Duration | undefined): number;
  /** @throws Failure `secret.unavailable` */
  sign(id: string, lengthMs: number): { token: string; expiresAt: string };
  /** The id that a token is for. @throws Failure `link.invalid`, `link.expired` */
  open(token: string): string;
}

export const makeSignedLinks = ({ linkKey, nowMs }: SignedLinksDeps): SignedLinks => {
  const macOf = (signed: Buffer): Buffer => createHmac('sha256', linkKey()).update(signed).digest();

  return {
    lengthOf: (expiresIn) => {
      const lengthMs = expiresIn === undefined ? DEFAULT_MS : durationMs(expiresIn);
      if (lengthMs >= 1_000 && lengthMs <= LONGEST_MS) return lengthMs;
      throw refusal('request.invalid', [{ pointer: '/expiresIn', detail: 'must be between a second and 90 days' }]);
    },

    sign: (id, lengthMs) => {
      const endsAt = Math.ceil((nowMs() + lengthMs) / 1000);
      const signed = Buffer.alloc(SIGNED_BYTES);
      signed.write(id.replaceAll('-', ''), 'hex');
      signed.writeUIntBE(endsAt, ID_BYTES, END_BYTES);
      const token = Buffer.concat([signed, macOf(signed)]).toString('base64url');
      return { token, expiresAt: new Date(endsAt * 1000).toISOString() };
    },

    open: (token) => {
      const bytes = Buffer.from(token, 'base64url');
      // Another spelling of the same bytes is another token.
      if (bytes.length !== SIGNED_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) throw invalid();
      const signed = bytes.subarray(0, SIGNED_BYTES);
      if (!isRight(() => timingSafeEqual(bytes.subarray(SIGNED_BYTES), macOf(signed)))) throw invalid();
      if (signed.readUIntBE(ID_BYTES, END_BYTES) * 1000 <= nowMs()) throw new Failure('link.expired');
      const hex = signed.toString('hex', 0, ID_BYTES);
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
  };
};

const invalid = (): Failure => new Failure('link.invalid');

/** A deployment without a key has signed nothing. */
const isRight = (compare: () => boolean): boolean => {
  try {
    return compare();
  } catch (error) {
    if (error instanceof Failure && error.code === 'secret.unavailable') return false;
    throw error;
  }
};
