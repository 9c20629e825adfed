import type { ActingUser, Caller, Origin } from '@nightshift/contracts';
import { actorOf } from '@nightshift/contracts';
import { derivedId, newId } from '@nightshift/ledger';

/** What handlers know of the request that they answer: who asks, since when, and where the ids of what it makes come from. */
export interface Asked {
  /** Undefined: anybody may ask for this. */
  readonly caller: Caller | undefined;
  /** When it was asked; of a request that is repeated under its idempotency key, when it was asked first. */
  readonly atMs: number;
  /**
   * An id for what the request makes. Under an idempotency key each attempt at the request gets the same ones, and so meets what an
   * earlier one has made: in order of the calls, or by name where their order is not certain.
   */
  newId(name?: string): string;
  /** What a change that another service makes for it is known by there. Undefined: it is not repeated. */
  readonly effectKey: string | undefined;
}

/** A request as any other: what it makes is new. */
export const asksOnce = (caller: Caller | undefined): Asked => {
  const atMs = Date.now();
  return { caller, atMs, newId: () => newId(atMs), effectKey: undefined };
};

/** A request under an idempotency key. @param at when it was asked first */
export const asksUnderKey = (
  caller: Caller | undefined,
  { scope, key }: { scope: string; key: string },
  at: Date,
): Asked => {
  const atMs = at.getTime();
  let made = 0;
  const idOf = (name: string | number): string => derivedId(atMs, 'idempotency', scope, key, name);
  return { caller, atMs, newId: (name) => idOf(name ?? made++), effectKey: `request/${idOf('effect')}` };
};

/** As whom the data service is to answer what is asked for. */
export const actsAs = ({ caller }: Pick<Asked, 'caller'>): { as?: ActingUser } =>
  caller?.user === undefined ? {} : { as: { user: caller.user } };

/** A change through the API starts a chain of causes. */
export const originOf = ({ caller }: Pick<Asked, 'caller'>): Origin => ({
  depth: 0,
  actor: actorOf(caller?.user) ?? 'api',
});

/** Who asked, as what a request makes remembers it. */
export const requestedBy = ({ caller }: Pick<Asked, 'caller'>): { requestedBy?: Caller } =>
  caller === undefined ? {} : { requestedBy: caller };
