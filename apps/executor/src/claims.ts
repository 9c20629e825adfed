import type { Append } from '@nightshift/ledger';
import { isEnded, type Plan, type RunState } from '@nightshift/workflow-core';

/** What a run holds or has a place in a queue for, and must give back when it no longer needs it. */
export interface Claims {
  /** Locks that it holds or waits for. */
  readonly locks: readonly string[];
  /** Steps that wait for an outside event. */
  readonly awaits: readonly string[];
}

const none: Claims = { locks: [], awaits: [] };

export const claimsOf = (plan: Plan, state: RunState): Claims => {
  if (!plan.hasClaims || state.status === 'none' || isEnded(state.status)) return none;
  const locks: string[] = [];
  const awaits: string[] = [];
  for (const [step, { lock, awaited }] of Object.entries(state.steps)) {
    if (lock !== undefined) locks.push(lock);
    if (awaited?.kind === 'lock') locks.push(awaited.lock);
    if (awaited?.kind === 'event') awaits.push(step);
  }
  return { locks, awaits };
};

const nothingGiven: Pick<Append, 'releases' | 'givesUp'> = {};

/** What an append has to give back, given what was claimed before it and after it. */
export const givenUp = (before: Claims, after: Claims): Pick<Append, 'releases' | 'givesUp'> => {
  if (before === after) return nothingGiven;
  const releases = before.locks.filter((name) => !after.locks.includes(name));
  const givesUp = before.awaits.filter((step) => !after.awaits.includes(step));
  return { ...(releases.length > 0 && { releases }), ...(givesUp.length > 0 && { givesUp }) };
};
