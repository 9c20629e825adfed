import { Failure, type Issuer } from '@nightshift/contracts';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, type LocalJWKSet } from 'jose';
import type { FetchJson } from './fetch-json.ts';

/** From this age on keys are fetched again, on the side; twice as old, they are waited for. A key that its issuer has withdrawn is good for as long. */
const REFRESH_FROM_MS = 5 * 60_000;
/** How old keys may become while their issuer is away. Longer, and what it withdrew in that time is good for as long. */
const AWAY_LIMIT_MS = 24 * 3_600_000;
/** Between two looks for a key that is not there: tokens that name keys of their own invention are no flood of requests. */
const COOL_DOWN_MS = 30_000;
/** After a fetch that failed nobody waits for another one for so long. */
const PAUSE_MS = 5_000;

/** The keys of one issuer, fetched when they are needed and kept. */
export interface IssuerKeys {
  /**
   * The key that a token names. What else its header says of keys is not heeded.
   * @throws Failure `auth.issuer_unavailable`, an error of jose where there is no such key
   */
  find: JWTVerifyGetKey;
}

export interface IssuerKeysDeps {
  issuer: Pick<Issuer, 'issuer' | 'jwksUrl'>;
  fetchJson: FetchJson;
  nowMs: () => number;
}

interface Kept {
  keys: LocalJWKSet;
  fetchedAtMs: number;
}

const discover = async (issuer: string, fetchJson: FetchJson): Promise<string> => {
  const document = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri: url } = document;
  if (named === issuer && typeof url === 'string') return url;
  throw new Failure('auth.issuer_unavailable', { detail: `What is at ${issuer} is of another issuer` });
};

export const makeIssuerKeys = ({ issuer: { issuer, jwksUrl }, fetchJson, nowMs }: IssuerKeysDeps): IssuerKeys => {
  let kept: Kept | undefined;
  let fetching: Promise<Kept> | undefined;
  let failed: { error: unknown; untilMs: number } | undefined;

  const fetchKeys = async (): Promise<Kept> => {
    const fetchedAtMs = nowMs();
    const jwks = await fetchJson(jwksUrl ?? (await discover(issuer, fetchJson)));
    try {
      return { keys: createLocalJWKSet(jwks as unknown as JSONWebKeySet), fetchedAtMs };
    } catch (error) {
      throw new Failure('auth.issuer_unavailable', { detail: `What ${issuer} answers with are no keys`, cause: error });
    }
  };

  const renew = (): Promise<Kept> => {
    if (failed !== undefined && nowMs() < failed.untilMs) return Promise.reject(failed.error as Error);
    fetching ??= fetchKeys()
      .then(
        (fetched) => {
          failed = undefined;
          return (kept = fetched);
        },
        (error: unknown) => {
          failed = { error, untilMs: nowMs() + PAUSE_MS };
          throw error;
        },
      )
      .finally(() => (fetching = undefined));
    return fetching;
  };

  const current = async (): Promise<Kept> => {
    const known = kept;
    const ageMs = known === undefined ? Infinity : nowMs() - known.fetchedAtMs;
    if (known === undefined || ageMs >= AWAY_LIMIT_MS) return renew();
    if (ageMs >= 2 * REFRESH_FROM_MS) return renew().catch(() => known);
    if (ageMs >= REFRESH_FROM_MS) renew().catch(() => {});
    return known;
  };

  return {
    find: async (header, token) => {
      const { keys, fetchedAtMs } = await current();
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || nowMs() - fetchedAtMs < COOL_DOWN_MS) throw error;
        const renewed = await renew().catch(() => undefined);
        if (renewed === undefined) throw error;
        return renewed.keys(header, token);
      }
    },
  };
};
