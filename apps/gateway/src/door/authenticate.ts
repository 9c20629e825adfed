import { Failure } from '@nightshift/contracts';
import { hash, timingSafeEqual } from 'node:crypto';

/** Whether a key is the right one. Takes the same time for every wrong one: hashes are compared, and they are of one length. */
export const makeKeyCheck = (rightKey: string): ((key: string) => boolean) => {
  const right = hash('sha256', rightKey, 'buffer');
  return (key) => timingSafeEqual(hash('sha256', key, 'buffer'), right);
};

const bearer = /^Bearer +([^ ]+) *$/i;

/**
 * Lets pass who carries the key as `Authorization: Bearer <key>`.
 * @throws Failure `auth.missing_key`, `auth.wrong_key`
 */
export const makeAuthenticate =
  (isRight: (key: string) => boolean) =>
  (authorization: string | undefined): void => {
    const key = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
    if (key === undefined) {
      throw new Failure('auth.missing_key', { detail: 'Send the key as Authorization: Bearer <key>' });
    }
    if (!isRight(key)) throw new Failure('auth.wrong_key');
  };
