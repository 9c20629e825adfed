import { Failure, signals } from '@nightshift/contracts';
import type { Claim, Idempotency, IdempotencyKey, KeptAnswer } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import { randomUUID } from 'node:crypto';

/**
 * The idempotency keys that requests of this gateway hold, and the requests that wait for one that another request holds.
 *
 * A key is claimed before its request is handled, and held by a lease that is renewed until there is an answer; of a gateway that dies, the
 * lease runs out, and whoever waits takes over. Who waits hears of the answer over core NATS, and looks once a second in case that is lost.
 */
export interface Claims {
  /**
   * Claims a key, or waits for what becomes of the request that holds it.
   * @throws Failure `idempotency.key_reused`, `idempotency.in_progress`, `ledger.unavailable`
   */
  claim(key: IdempotencyKey, request: string): Promise<Exclude<Claim, { outcome: 'busy' | 'other' }>>;
  /** Keeps the answer to a claimed key's request, and lets it go to whoever waits. */
  keepAnswer(key: IdempotencyKey, answer: KeptAnswer): Promise<void>;
  /** Gives up a claimed key. `forget`: nothing came of its request, and another may have the key. */
  release(key: IdempotencyKey, forget: boolean): Promise<void>;
  /** Lets everybody go who waits. */
  close(): void;
}

export interface ClaimsDeps {
  ledger: { idempotency: Omit<Idempotency, 'forget'> };
  bus: Pick<Bus, 'send' | 'subscribe'>;
  logger: Pick<Logger, 'warn'>;
}

/** Shorter, and a gateway that pauses for a moment loses its requests; longer, and after a death the next attempt waits as much. */
const LEASE_MS = 5_000;
const RENEW_EVERY_MS = 1_500;
const LOOK_EVERY_MS = 1_000;

export const makeClaims = ({ ledger: { idempotency }, bus, logger }: ClaimsDeps): Claims => {
  const holder = randomUUID();
  const held = new Map<string, IdempotencyKey>();
  const waiting = new Map<string, Set<() => void>>();
  let renewing: NodeJS.Timeout | undefined;
  let isClosed = false;

  const renew = (): void => {
    idempotency
      .renew(holder, [...held.values()], LEASE_MS)
      .catch((error: unknown) => logger.warn({ err: error }, 'idempotency keys cannot be renewed'));
  };
  const hold = (key: IdempotencyKey): void => {
    held.set(nameOf(key), key);
    renewing ??= setInterval(renew, RENEW_EVERY_MS);
  };
  const letGo = (key: IdempotencyKey): void => {
    held.delete(nameOf(key));
    if (held.size > 0) return;
    clearInterval(renewing);
    renewing = undefined;
  };

  const wake = (name: string): void => {
    for (const look of waiting.get(name) ?? []) look();
  };
  const settled = (key: IdempotencyKey): void => {
    wake(nameOf(key));
    bus.send(signals.idempotency, key);
  };
  const listening = bus.subscribe(signals.idempotency, (body) => wake(nameOf(body as IdempotencyKey)));

  /** Resolves when the key's request may have been settled. */
  const pause = (key: IdempotencyKey, leaseUntil: Date): Promise<void> =>
    new Promise((resolve) => {
      const name = nameOf(key);
      const looks = waiting.get(name) ?? new Set();
      waiting.set(name, looks);
      const look = (): void => {
        clearTimeout(timer);
        looks.delete(look);
        if (looks.size === 0 && waiting.get(name) === looks) waiting.delete(name);
        resolve();
      };
      const untilFree = leaseUntil.getTime() - Date.now();
      const timer = setTimeout(look, Math.max(50, Math.min(untilFree, LOOK_EVERY_MS)));
      looks.add(look);
    });

  return {
    claim: async (key, request) => {
      const at = new Date();
      for (;;) {
        if (isClosed) throw new Failure('idempotency.in_progress');
        const claim = await idempotency.claim({ ...key, request, holder, at, leaseMs: LEASE_MS });
        if (claim.outcome === 'other') throw keyReused();
        if (claim.outcome === 'first') hold(key);
        if (claim.outcome !== 'busy') return claim;
        await pause(key, claim.leaseUntil);
      }
    },
    keepAnswer: async (key, answer) => {
      try {
        await idempotency.keepAnswer(key, holder, answer);
      } finally {
        letGo(key);
        settled(key);
      }
    },
    release: async (key, forget) => {
      letGo(key);
      await idempotency.release(key, holder, forget);
      settled(key);
    },
    close: () => {
      isClosed = true;
      listening.close();
      clearInterval(renewing);
      for (const name of [...waiting.keys()]) wake(name);
    },
  };
};

const nameOf = ({ scope, key }: IdempotencyKey): string => `${scope}\n${key}`;

export const keyReused = (): Failure =>
  new Failure('idempotency.key_reused', {
    detail: 'The first request with this Idempotency-Key was another one: its method, path, query or body differ',
  });
