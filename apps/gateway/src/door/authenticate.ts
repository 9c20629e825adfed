import { Failure } from '@nightshift/contracts';
import { hash, timingSafeEqual } from 'node:crypto';
import type { Doorkeeper, Grant } from './grant.ts';

/** Whether a key is the right one. Takes the same time for every wrong one: hashes are compared, and they are of one length. */
export const makeKeyCheck = (rightKey: string): ((key: string) => boolean) => {
  const right = hash('sha256', rightKey, 'buffer');
  return (key) => timingSafeEqual(hash('sha256', key, 'buffer'), right);
};

const bearer = /^Bearer +([^ ]+) *$/i;

const keyOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1];

/** Whoever has the one key. */
const admin: Grant = {
  caller: { kind: 'key', name: 'admin' },
  role: 'admin',
  starts: [],
  seesPayloads: true,
  rateLimit: null,
};

/** Lets pass who carries the one key as `Authorization: Bearer <key>`. */
export const makeDoorkeeper = (adminKey: string): Doorkeeper => {
  const isRight = makeKeyCheck(adminKey);
  return {
    admit: (authorization) => {
      const key = keyOf(authorization);
      if (key === undefined) {
        throw new Failure('auth.missing_key', { detail: 'Send the key as Authorization: Bearer <key>' });
      }
      if (!isRight(key)) throw new Failure('auth.wrong_key');
      return admin;
    },
  };
};
