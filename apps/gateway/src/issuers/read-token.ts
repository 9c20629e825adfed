import { Failure, type Issuer } from '@nightshift/contracts';
import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import type { IssuerKeys } from './issuer-keys.ts';

/** Longer ones are not looked at. Those of issuers that put groups in are a few kilobytes. */
const TOKEN_MAX_LENGTH = 8192;
/** As OpenID Connect has it for `sub`. */
const CLAIM_MAX_LENGTH = 255;

/** Three parts, none of them empty: signed, not encrypted. */
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export const looksLikeToken = (text: string): boolean => text.includes('.');

const wrong = (detail: string, cause?: unknown): Failure => new Failure('auth.wrong_token', { detail, cause });

/** Who a token says that it is from, which is not proved yet. @throws Failure `auth.wrong_token` */
export const issuerOf = (token: string): string => {
  if (token.length > TOKEN_MAX_LENGTH) throw wrong(`It is longer than ${TOKEN_MAX_LENGTH} characters.`);
  if (!compact.test(token)) throw wrong('It is not a signed token of three parts.');
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string') return iss;
  } catch (error) {
    throw wrong('It cannot be read.', error);
  }
  throw wrong('It does not say who its issuer is.');
};

/** Why a token was refused, for whoever has to find out. Says nothing that is not in his token. */
const reasonOf = (error: unknown): string => {
  if (error instanceof errors.JWTExpired) return 'It has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) return `Its claim "${error.claim}" is missing or not right.`;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return 'It is not signed in a way that is accepted of its issuer.';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return 'Its issuer has no such key, or more than one.';
  return 'Its signature is not right.';
};

const textOf = (payload: JWTPayload, claim: string): string => {
  const value = payload[claim];
  if (typeof value === 'string' && value !== '' && value.length <= CLAIM_MAX_LENGTH) return value;
  throw wrong(`Its claim "${claim.slice(0, 64)}" is no text, or too long.`);
};

/** What a token proves. */
export interface Proven {
  subject: string;
  /** By what the user is to be found. */
  value: string;
}

/**
 * Checks all that a token claims.
 * @throws Failure `auth.wrong_token`, `auth.issuer_unavailable`
 */
export const readToken = async (token: string, issuer: Issuer, keys: IssuerKeys): Promise<Proven> => {
  const { claim } = issuer.user;
  const verified = await jwtVerify(token, keys.find, {
    algorithms: issuer.algorithms,
    issuer: issuer.issuer,
    audience: issuer.audience,
    clockTolerance: issuer.clockSkewSeconds,
    requiredClaims: ['exp', 'sub', claim],
  }).catch((error: unknown) => {
    throw error instanceof Failure ? error : wrong(reasonOf(error), error);
  });
  const { payload } = verified;
  // Whoever can enter any address at an issuer would be anybody.
  if (claim === 'email' && payload['email_verified'] !== true)
    throw wrong('Its issuer has not verified the e-mail address.');
  return { subject: textOf(payload, 'sub'), value: textOf(payload, claim) };
};
