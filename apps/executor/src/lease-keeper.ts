import type { Ledger } from '@nightshift/ledger';
import type { Hand } from './hand.ts';

/**
 * Tells the reconciler, through the ledger, which runs are in this process's hands for long: a step that takes ten minutes is
 * not a run that got lost. Quick runs cost nothing: they are out of hand before the first look.
 */
export interface LeaseKeeper {
  /** The run is in hand until what is returned is called; the locks that the hand names are renewed, and those that are lost are put there. */
  hold(runId: string, hand: Hand): () => void;
  close(): void;
}

/** A run in hand for longer than this gets a lease of its own; the ledger gave it four seconds when it became ready. */
const HELD_LONG_MS = 2_000;
const LEASE_MS = 30_000;
const RENEW_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 1_000;

export const makeLeaseKeeper = (ledger: Ledger, onError: (error: unknown) => void): LeaseKeeper => {
  const held = new Map<string, { renewAt: number; hand: Hand }>();

  const look = (): void => {
    const now = performance.now();
    const due: string[] = [];
    for (const [runId, hold] of held) {
      if (hold.renewAt > now) continue;
      hold.renewAt = now + RENEW_AFTER_MS;
      due.push(runId);
    }
    if (due.length > 0) ledger.runs.renewLeases(due, LEASE_MS).catch(onError);
    keepLocks().catch(onError);
  };
  const keepLocks = async (): Promise<void> => {
    const holders = [...held].filter(([, { hand }]) => hand.locks.length > 0);
    if (holders.length === 0) return;
    const kept = await ledger.locks.renew(holders.map(([runId]) => runId));
    const isKept = (runId: string, name: string): boolean =>
      kept.some((lock) => lock.runId === runId && lock.name === name);
    for (const [runId, { hand }] of holders) {
      const lost = hand.locks.filter((name) => !isKept(runId, name));
      if (lost.length === 0) continue;
      hand.lostLocks = lost;
      hand.wake();
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);

  return {
    hold: (runId, hand) => {
      held.set(runId, { renewAt: performance.now() + HELD_LONG_MS, hand });
      return () => held.delete(runId);
    },
    close: () => clearInterval(timer),
  };
};
