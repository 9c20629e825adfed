import type { Ledger } from '@nightshift/ledger';

/**
 * Tells the reconciler, through the ledger, which runs are in this process's hands for long: a step that takes ten minutes is
 * not a run that got lost. Quick runs cost nothing: they are out of hand before the first look.
 */
export interface LeaseKeeper {
  /** The run is in hand until what is returned is called. */
  hold(runId: string): () => void;
  close(): void;
}

/** A run in hand for longer than this gets a lease of its own; the ledger gave it four seconds when it became ready. */
const HELD_LONG_MS = 2_000;
const LEASE_MS = 30_000;
const RENEW_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 1_000;

export const makeLeaseKeeper = (ledger: Ledger, onError: (error: unknown) => void): LeaseKeeper => {
  const held = new Map<string, { renewAt: number }>();

  const look = (): void => {
    const now = performance.now();
    const due: string[] = [];
    for (const [runId, hold] of held) {
      if (hold.renewAt > now) continue;
      hold.renewAt = now + RENEW_AFTER_MS;
      due.push(runId);
    }
    if (due.length > 0) ledger.runs.renewLeases(due, LEASE_MS).catch(onError);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);

  return {
    hold: (runId) => {
      held.set(runId, { renewAt: performance.now() + HELD_LONG_MS });
      return () => held.delete(runId);
    },
    close: () => clearInterval(timer),
  };
};
