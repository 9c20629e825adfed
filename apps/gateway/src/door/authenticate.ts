import { Failure, type Caller } from '@nightshift/contracts';
import { hash, timingSafeEqual } from 'node:crypto';

/** Whether a key is the right one. Takes the same time for every wrong one: hashes are compared, and they are of one length. */
export const makeKeyCheck = (rightKey: string): ((key: string) => boolean) => {
  const right = hash('sha256', rightKey, 'buffer');
  return (key) => timingSafeEqual(hash('sha256', key, 'buffer'), right);
};

const bearer = /^Bearer +([^ ]+) *$/i;

const keyOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1];

/** Whoever has the one key. */
const admin: Caller = { kind: 'key', name: 'admin' };

/**
 * Lets pass who carries the key as `Authorization: Bearer <key>`, and says who that is.
 * @throws Failure `auth.missing_key`, `auth.wrong_key`
 */
export const makeAuthenticate =
  (isRight: (key: string) => boolean) =>
  (authorization: string | undefined): Caller => {
    const key = keyOf(authorization);
    if (key === undefined) {
      throw new Failure('auth.missing_key', { detail: 'Send the key as Authorization: Bearer <key>' });
    }
    if (!isRight(key)) throw new Failure('auth.wrong_key');
    return admin;
  };

/** Who asks, where nobody has to say it. */
export const makeIdentify =
  (isRight: (key: string) => boolean) =>
  (authorization: string | undefined): Caller | undefined => {
    const key = keyOf(authorization);
    return key !== undefined && isRight(key) ? admin : undefined;
  };
