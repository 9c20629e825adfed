import { signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import { makeKeyUses } from '../keys/key-uses.ts';
import { makeKeyring, type Keyring } from '../keys/keyring.ts';
import { makeIsUser, type IsUser } from './acting-user.ts';
import { makeDoorkeeper } from './authenticate.ts';
import type { Doorkeeper } from './grant.ts';
import { makeKnown } from './known.ts';

/** Everything by which it is known who may come in. */
export interface Access {
  doorkeeper: Doorkeeper;
  keyring: Keyring;
  isUser: IsUser;
  close(): Promise<void>;
}

export interface AccessDeps {
  ledger: Pick<Ledger, 'keys'>;
  bus: Pick<Bus, 'request' | 'subscribe' | 'onReconnect'>;
  logger: Pick<Logger, 'warn'>;
  adminKey: string;
  nowMs: () => number;
}

/** What gateways hear of each other when a key is changed; after the connection was lost, anything may have been. */
export const makeAccess = ({ ledger, bus, logger, adminKey, nowMs }: AccessDeps): Access => {
  const isUser = makeIsUser({ bus });
  const users = makeKnown<string>({
    read: async (ids) => {
      const are = await Promise.all(ids.map((id) => isUser(id)));
      return new Map(ids.filter((_, index) => are[index]).map((id) => [id, id]));
    },
    unavailable: 'data.unavailable',
    nowMs,
  });
  const uses = makeKeyUses({ ledger, logger });
  const keyring = makeKeyring({ ledger, uses, users, nowMs });

  const doubt = (): void => {
    keyring.doubt();
    users.doubt();
  };
  const listening = bus.subscribe(signals.access, (body) => {
    const { key } = (body ?? {}) as { key?: unknown };
    if (typeof key === 'string') keyring.forget(key);
    else doubt();
  });
  const stopReconnect = bus.onReconnect(doubt);

  return {
    doorkeeper: makeDoorkeeper({ adminKey, keyring }),
    keyring,
    isUser,
    close: async () => {
      listening.close();
      stopReconnect();
      await uses.close();
    },
  };
};
