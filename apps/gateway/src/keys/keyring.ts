import { Failure, type Caller } from '@nightshift/contracts';
import type { Key, Ledger } from '@nightshift/ledger';
import type { Grant } from '../door/grant.ts';
import { makeKnown, type Known } from '../door/known.ts';
import { hasRightChecksum, idOfKey, matchKey } from './key-text.ts';
import type { KeyUses } from './key-uses.ts';

/** The keys of the ledger, as the door judges them. */
export interface Keyring {
  /**
   * What the holder of a key may do. Without a promise if the key was judged a moment ago.
   * @throws Failure `auth.wrong_key`, `auth.unknown_user`, `ledger.unavailable`
   */
  admit(text: string): Grant | Promise<Grant>;
  forget(id: string): void;
  doubt(): void;
}

/** A key with what it grants, put together once. */
interface KnownKey {
  key: Key;
  grant: Grant;
}

export interface KeyringDeps {
  ledger: { keys: Pick<Ledger['keys'], 'find'> };
  uses: Pick<KeyUses, 'mark'>;
  /** The users that there are, by id. */
  users: Pick<Known<string>, 'get' | 'load'>;
  nowMs: () => number;
}

export const makeKeyring = ({ ledger, uses, users, nowMs }: KeyringDeps): Keyring => {
  const keys = makeKnown<KnownKey>({
    read: async (ids) => new Map((await ledger.keys.find(ids)).map((key) => [key.id, { key, grant: grantOf(key) }])),
    unavailable: 'ledger.unavailable',
    nowMs,
  });

  const judge = (text: string, known: KnownKey | undefined): Grant | Promise<Grant> => {
    const match = matchKey(text, known?.key);
    if (known === undefined || match === 'none') throw new Failure('auth.wrong_key');
    const { key, grant } = known;
    const now = nowMs();
    if (key.revokedAt !== null) throw new Failure('auth.wrong_key', { detail: 'The key has been revoked.' });
    if (key.expiresAt !== null && key.expiresAt.getTime() <= now)
      throw new Failure('auth.wrong_key', { detail: 'The key has expired.' });
    if (match === 'previous' && !(key.previousUntil !== null && key.previousUntil.getTime() > now))
      throw new Failure('auth.wrong_key', { detail: 'The key has been rotated: there is a new one in its place.' });
    uses.mark(key.id, now);
    if (key.user === null || users.get(key.user) !== undefined) return grant;
    return users.load(key.user).then((user) => {
      if (user !== undefined) return grant;
      throw new Failure('auth.unknown_user', { detail: 'The user of the key is no longer there.' });
    });
  };

  return {
    admit: (text) => {
      const id = idOfKey(text);
      if (id === undefined) throw new Failure('auth.wrong_key', { detail: 'The key is not complete.' });
      const known = keys.get(id);
      if (known !== undefined) return judge(text, known);
      if (!hasRightChecksum(text)) throw new Failure('auth.wrong_key', { detail: 'The key has a typing error.' });
      return keys.load(id).then((loaded) => judge(text, loaded));
    },
    forget: keys.forget,
    doubt: keys.doubt,
  };
};

const grantOf = ({ name, role, starts, seesPayloads, rateLimit, user }: Key): Grant => {
  const caller: Caller = { kind: 'key', name, ...(user !== null && { user }) };
  return { caller, role, starts, seesPayloads, rateLimit };
};
