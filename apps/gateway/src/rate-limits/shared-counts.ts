import { signals } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { randomUUID } from 'node:crypto';
import type { RateLimit } from './rate-limit.ts';
import { makeWindow, type Window } from './window.ts';

/** How it stands with a limit. */
export interface Standing {
  isOver: boolean;
  remaining: number;
  /** Until more is allowed than now. */
  resetMs: number;
}

/**
 * What was let in of each name, through all gateways together.
 *
 * Each counts for itself, and tells the others over core NATS what it has let in: a moment after the first of it, and at once when that is
 * more than an eighth of what remains. So of a limit can be exceeded what the others let in while a message is on its way, and no more than that
 * eighth before it was sent. While NATS is away each gateway knows its own callers alone.
 */
export interface SharedCounts {
  /** Counts one, unless that would be over the limit. */
  take(name: string, limit: RateLimit): Standing;
  close(): void;
}

export interface SharedCountsDeps {
  bus: Pick<Bus, 'send' | 'subscribe'>;
  nowMs: () => number;
}

/** Longer is a larger excess where a limit is large; shorter is more messages. */
const TELL_AFTER_MS = 20;
/** A larger part of what remains is told at once. */
const AT_ONCE_SHARE = 8;
/** Names that are remembered, of some 200 bytes. Beyond it the one that was first is forgotten, with what it has used. */
const NAMES_MAX = 50_000;
/** A message stays far below what NATS takes. */
const TOLD_AT_ONCE = 2_000;

interface Account {
  window: Window;
  perSeconds: number;
  untold: number;
}

type Told = [name: string, perSeconds: number, count: number];

export const makeSharedCounts = ({ bus, nowMs }: SharedCountsDeps): SharedCounts => {
  const self = randomUUID();
  const accounts = new Map<string, Account>();
  const untold = new Set<string>();
  let telling: NodeJS.Timeout | undefined;

  const makeRoom = (): void => {
    const now = nowMs();
    for (const [name, { window }] of accounts) if (window.total(now) === 0) accounts.delete(name);
    for (const name of accounts.keys()) {
      if (accounts.size <= NAMES_MAX * 0.9) return;
      accounts.delete(name);
    }
  };

  const accountOf = (name: string, perSeconds: number): Account => {
    const known = accounts.get(name);
    if (known?.perSeconds === perSeconds) return known;
    if (known === undefined && accounts.size >= NAMES_MAX) makeRoom();
    const account = { window: makeWindow(perSeconds * 1000), perSeconds, untold: 0 };
    accounts.set(name, account);
    return account;
  };

  const tell = (): void => {
    clearTimeout(telling);
    telling = undefined;
    const counts: Told[] = [];
    for (const name of untold) {
      const account = accounts.get(name);
      if (account === undefined) continue;
      counts.push([name, account.perSeconds, account.untold]);
      account.untold = 0;
    }
    untold.clear();
    for (let at = 0; at < counts.length; at += TOLD_AT_ONCE)
      bus.send(signals.admitted, { from: self, counts: counts.slice(at, at + TOLD_AT_ONCE) });
  };

  const listening = bus.subscribe(signals.admitted, (body) => {
    const { from, counts } = body as { from: string; counts: Told[] };
    if (from === self) return;
    const now = nowMs();
    for (const [name, perSeconds, count] of counts) accountOf(name, perSeconds).window.add(count, now);
  });

  return {
    take: (name, { requests, perSeconds }) => {
      const now = nowMs();
      const account = accountOf(name, perSeconds);
      const used = account.window.total(now);
      if (used >= requests) return { isOver: true, remaining: 0, resetMs: account.window.untilLessMs(now) };
      account.window.add(1, now);
      account.untold++;
      untold.add(name);
      const remaining = requests - used - 1;
      if (account.untold * AT_ONCE_SHARE >= remaining) tell();
      else telling ??= setTimeout(tell, TELL_AFTER_MS);
      return { isOver: false, remaining, resetMs: account.window.untilLessMs(now) };
    },
    close: () => {
      clearTimeout(telling);
      listening.close();
    },
  };
};
