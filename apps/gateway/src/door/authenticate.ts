import { Failure } from '@nightshift/contracts';
import { hash, timingSafeEqual } from 'node:crypto';
import { looksLikeKey } from '../keys/key-text.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Doorkeeper, Grant } from './grant.ts';

/** The name of the key of the environment, which no other one gets. */
export const ADMIN = 'admin';

/** Whether a key is the right one. Takes the same time for every wrong one: hashes are compared, and they are of one length. */
export const makeKeyCheck = (rightKey: string): ((key: string) => boolean) => {
  const right = hash('sha256', rightKey, 'buffer');
  return (key) => timingSafeEqual(hash('sha256', key, 'buffer'), right);
};

const bearer = /^Bearer +([^ ]+) *$/i;

const tokenOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1];

/** Whoever has the key of the environment: by it the first other key is made. */
const admin: Grant = {
  caller: { kind: 'key', name: ADMIN },
  role: 'admin',
  starts: [],
  seesPayloads: true,
  rateLimit: null,
};

export interface DoorkeeperDeps {
  adminKey: string;
  keyring: Pick<Keyring, 'admit'>;
}

/** Lets pass who carries a key as `Authorization: Bearer <key>`. */
export const makeDoorkeeper = ({ adminKey, keyring }: DoorkeeperDeps): Doorkeeper => {
  const isAdmin = makeKeyCheck(adminKey);
  return {
    admit: (authorization) => {
      const token = tokenOf(authorization);
      if (token === undefined) {
        throw new Failure('auth.missing_key', { detail: 'Send the key as Authorization: Bearer <key>' });
      }
      if (isAdmin(token)) return admin;
      if (looksLikeKey(token)) return keyring.admit(token);
      throw new Failure('auth.wrong_key');
    },
  };
};
