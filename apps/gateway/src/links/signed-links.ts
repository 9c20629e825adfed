import { Failure } from '@nightshift/contracts';
import { makeSignedTokens, type SignedTokens, type SignedTokensDeps } from './signed-tokens.ts';

const ID_BYTES = 16;

/** Tokens that open one thing for anybody until they expire. */
export interface SignedLinks extends Pick<SignedTokens, 'lengthOf'> {
  /** @throws Failure `secret.unavailable` */
  sign(id: string, lengthMs: number): { token: string; expiresAt: string };
  /** The id that a token is for. @throws Failure `link.invalid`, `link.expired` */
  open(token: string): string;
}

export const makeSignedLinks = (deps: SignedTokensDeps): SignedLinks => {
  const tokens = makeSignedTokens(deps);
  return {
    lengthOf: tokens.lengthOf,
    sign: (id, lengthMs) => tokens.sign(Buffer.from(id.replaceAll('-', ''), 'hex'), lengthMs),
    open: (token) => {
      const { said } = tokens.open(token);
      if (said.length !== ID_BYTES) throw new Failure('link.invalid');
      const hex = said.toString('hex');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
  };
};
