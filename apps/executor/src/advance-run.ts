import type { Dispatch } from '@nightshift/contracts';
import { makeHand, tellHands, type Hands } from './hand.ts';
import { openJournal, type Journal, type JournalDeps } from './journal.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { IsInOtherHands } from './other-hands.ts';
import { makeWalk, type WalkDeps } from './walk.ts';

export interface AdvanceRunDeps extends JournalDeps, WalkDeps {
  leases: LeaseKeeper;
  /** Shared with whoever hears that runs in hand were interrupted. */
  hands: Hands;
  isInOtherHands: IsInOtherHands;
}

/**
 * Takes a run as far as it goes: to its end, or to where it waits. Resolves when everything that happened is durable; what it
 * throws is the platform's trouble, and the dispatch is delivered again.
 */
export type AdvanceRun = (dispatch: Dispatch) => Promise<void>;

export const makeAdvanceRun = (deps: AdvanceRunDeps): AdvanceRun => {
  const { hands, leases, isInOtherHands } = deps;
  const walk = makeWalk(deps);

  return async (dispatch) => {
    const { runId } = dispatch;
    if (hands.has(runId)) return tellHands(hands, [runId]);
    const hand = makeHand();
    hands.set(runId, hand);
    const release = leases.hold(runId, hand);
    try {
      const journal = await openJournal(deps, dispatch);
      if (!journal) return;
      while (isInAction(journal) && (await isInOtherHands(runId))) {
        if (!hand.hasNews) return;
        hand.hasNews = false;
      }
      hand.isAtWork = true;
      while ((await walk(journal, hand)) === 'rests' && hand.hasNews) {
        hand.hasNews = false;
        await journal.reload();
      }
    } finally {
      release();
      hands.delete(runId);
    }
  };
};

/** Whether an effect has begun that would happen twice if two were at work on the run, and has not ended as far as the ledger knows. */
const isInAction = ({ definition, state }: Journal): boolean =>
  Object.entries(state.steps).some(
    ([name, { startedAt, awaited }]) =>
      startedAt !== undefined && awaited === undefined && definition.plan.steps.get(name)?.action !== undefined,
  );
