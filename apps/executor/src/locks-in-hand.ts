import type { Ledger } from '@nightshift/ledger';
import { lostLock } from './enter-block.ts';
import type { Hand } from './hand.ts';
import type { Journal } from './journal.ts';
import { settle } from './take-step.ts';

/** A run that was out of hand may have lost its locks meanwhile. */
export const renewLocks = async (ledger: Ledger, journal: Journal, hand: Hand): Promise<void> => {
  hand.locks = locksOf(journal);
  if (hand.locks.length === 0) return;
  const kept = new Set((await ledger.locks.renew([journal.runId])).map(({ name }) => name));
  hand.lostLocks = hand.locks.filter((name) => !kept.has(name));
};

/** What a run does under a lock that another run has now must not go on. */
export const failLostLocks = (journal: Journal, hand: Hand): void => {
  hand.locks = locksOf(journal);
  const lost = hand.lostLocks;
  if (lost.length === 0) return;
  hand.lostLocks = [];
  for (const [name, { lock }] of Object.entries(journal.state.steps)) {
    const step = journal.definition.plan.steps.get(name);
    if (!step || lock === undefined || !lost.includes(lock)) continue;
    const failure = lostLock(lock);
    settle(journal, step, { outcome: { kind: 'failed', problem: failure.toProblem(), canRetry: failure.canRetry } });
  }
};

const locksOf = ({ state }: Journal): string[] =>
  Object.values(state.steps).flatMap(({ lock }) => (lock === undefined ? [] : [lock]));
