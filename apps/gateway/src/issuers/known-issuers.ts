import { Failure, type Issuer } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Grant } from '../door/grant.ts';
import { makeKnown, type Known } from '../door/known.ts';
import { userKey } from '../door/known-users.ts';
import type { FetchJson } from './fetch-json.ts';
import { makeIssuerKeys, type IssuerKeys } from './issuer-keys.ts';
import { issuerOf, readToken } from './read-token.ts';

/** Those whose tokens are proof, as the door judges them. */
export interface KnownIssuers {
  /**
   * Whom a token is of.
   * @throws Failure `auth.wrong_token`, `auth.unknown_user`, `auth.issuer_unavailable`, `ledger.unavailable`, `data.unavailable`
   */
  admit(token: string): Promise<Grant>;
  /** @param issuer as its tokens name it */
  forget(issuer: string): void;
  doubt(): void;
}

export interface KnownIssuersDeps {
  ledger: { issuers: Pick<Ledger['issuers'], 'named'> };
  users: Pick<Known<string>, 'get' | 'load'>;
  fetchJson: FetchJson;
  nowMs: () => number;
}

export const makeKnownIssuers = ({ ledger, users, fetchJson, nowMs }: KnownIssuersDeps): KnownIssuers => {
  const issuers = makeKnown<Issuer>({
    read: async (named) => new Map((await ledger.issuers.named(named)).map((issuer) => [issuer.issuer, issuer])),
    unavailable: 'ledger.unavailable',
    nowMs,
  });
  /** By where they come from: an issuer that is read again keeps them. */
  const keysOf = new Map<string, IssuerKeys>();
  const keysFor = (issuer: Issuer): IssuerKeys => {
    const place = `${issuer.issuer}\n${issuer.jwksUrl ?? ''}`;
    let keys = keysOf.get(place);
    if (keys === undefined) keysOf.set(place, (keys = makeIssuerKeys({ issuer, fetchJson, nowMs })));
    return keys;
  };

  return {
    admit: async (token) => {
      const named = issuerOf(token);
      const issuer = issuers.get(named) ?? (await issuers.load(named));
      if (issuer === undefined) throw new Failure('auth.wrong_token', { detail: 'Its issuer is not known here.' });
      const { subject, value } = await readToken(token, issuer, keysFor(issuer));
      const key = userKey(issuer.user.field, value);
      const user = users.get(key) ?? (await users.load(key));
      if (user === undefined)
        throw new Failure('auth.unknown_user', {
          detail: `There is no user, or more than one, whose ${issuer.user.field} is the ${issuer.user.claim} of the token.`,
        });
      return {
        caller: { kind: 'user', name: `${issuer.name}:${subject}`, user },
        role: null,
        starts: [],
        seesPayloads: true,
        rateLimit: null,
        ...(issuer.maySeeData && { maySeeData: true }),
      };
    },
    forget: issuers.forget,
    doubt: issuers.doubt,
  };
};
