import { signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import { makeFetchJson } from '../issuers/fetch-json.ts';
import { makeKnownIssuers, type KnownIssuers } from '../issuers/known-issuers.ts';
import { makeKeyUses } from '../keys/key-uses.ts';
import { makeKeyring, type Keyring } from '../keys/keyring.ts';
import { makeIsUser, type IsUser } from './acting-user.ts';
import { makeDoorkeeper } from './authenticate.ts';
import type { Doorkeeper } from './grant.ts';
import { makeKnownUsers } from './known-users.ts';

/** Everything by which it is known who may come in. */
export interface Access {
  doorkeeper: Doorkeeper;
  keyring: Keyring;
  issuers: KnownIssuers;
  isUser: IsUser;
  /** For development: issuers on this machine may do without TLS. */
  allowsLoopback: boolean;
  close(): Promise<void>;
}

export interface AccessDeps {
  ledger: Pick<Ledger, 'keys' | 'issuers'>;
  bus: Pick<Bus, 'request' | 'subscribe' | 'onReconnect'>;
  logger: Pick<Logger, 'warn'>;
  adminKey: string;
  allowsLoopback: boolean;
  nowMs: () => number;
}

/** What gateways hear of each other when a key or an issuer is changed; after the connection was lost, anything may have been. */
export const makeAccess = ({ ledger, bus, logger, adminKey, allowsLoopback, nowMs }: AccessDeps): Access => {
  const users = makeKnownUsers({ bus, nowMs });
  const uses = makeKeyUses({ ledger, logger });
  const keyring = makeKeyring({ ledger, uses, users, nowMs });
  const issuers = makeKnownIssuers({ ledger, users, fetchJson: makeFetchJson(allowsLoopback), nowMs });

  const doubt = (): void => {
    for (const known of [keyring, issuers, users]) known.doubt();
  };
  const listening = bus.subscribe(signals.access, (body) => {
    const { key, issuer } = (body ?? {}) as { key?: unknown; issuer?: unknown };
    if (typeof key === 'string') keyring.forget(key);
    else if (typeof issuer === 'string') issuers.forget(issuer);
    else doubt();
  });
  const stopReconnect = bus.onReconnect(doubt);

  return {
    doorkeeper: makeDoorkeeper({ adminKey, keyring, issuers }),
    keyring,
    issuers,
    isUser: makeIsUser({ bus }),
    allowsLoopback,
    close: async () => {
      listening.close();
      stopReconnect();
      await uses.close();
    },
  };
};
