import { durationMs, Failure, type Duration } from '@nightshift/contracts';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { refusal } from '../door/checked.ts';

const DAY_MS = 24 * 60 * 60_000;
const DEFAULT_MS = DAY_MS;
const LONGEST_MS = 90 * DAY_MS;

/** A token is what it says, the second of its end, and their HMAC-SHA256, in base64url. */
const END_BYTES = 6;
const MAC_BYTES = 32;

export interface SignedTokensDeps {
  /** What tokens are signed with; another one for each purpose. @throws Failure `secret.unavailable` where there is none */
  linkKey: () => Buffer;
  nowMs: () => number;
}

/** Tokens that say something for anybody until they expire. Nothing is kept of them: a token is its own proof. */
export interface SignedTokens {
  /** How long a token is to last, in milliseconds: a day unless told. @throws Failure `request.invalid` */
  lengthOf(expiresIn: Duration | undefined): number;
  /** @throws Failure `secret.unavailable` */
  sign(said: Buffer, lengthMs: number): { token: string; expiresAt: string };
  /** What a token says, and until when. @throws Failure `link.invalid`, `link.expired` */
  open(token: string): { said: Buffer; endsAtMs: number };
}

export const makeSignedTokens = ({ linkKey, nowMs }: SignedTokensDeps): SignedTokens => {
  const macOf = (signed: Buffer): Buffer => createHmac('sha256', linkKey()).update(signed).digest();

  return {
    lengthOf: (expiresIn) => {
      const lengthMs = expiresIn === undefined ? DEFAULT_MS : durationMs(expiresIn);
      if (lengthMs >= 1_000 && lengthMs <= LONGEST_MS) return lengthMs;
      throw refusal('request.invalid', [{ pointer: '/expiresIn', detail: 'must be between a second and 90 days' }]);
    },

    sign: (said, lengthMs) => {
      const endsAt = Math.ceil((nowMs() + lengthMs) / 1000);
      const end = Buffer.alloc(END_BYTES);
      end.writeUIntBE(endsAt, 0, END_BYTES);
      const signed = Buffer.concat([said, end]);
      const token = Buffer.concat([signed, macOf(signed)]).toString('base64url');
      return { token, expiresAt: new Date(endsAt * 1000).toISOString() };
    },

    open: (token) => {
      const bytes = Buffer.from(token, 'base64url');
      // Another spelling of the same bytes is another token.
      if (bytes.length < END_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) throw invalid();
      const signed = bytes.subarray(0, -MAC_BYTES);
      if (!isRight(() => timingSafeEqual(bytes.subarray(-MAC_BYTES), macOf(signed)))) throw invalid();
      const endsAtMs = signed.readUIntBE(signed.length - END_BYTES, END_BYTES) * 1000;
      if (endsAtMs <= nowMs()) throw new Failure('link.expired');
      return { said: signed.subarray(0, -END_BYTES), endsAtMs };
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
