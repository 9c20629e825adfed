import { Failure, type Dispatch } from '@nightshift/contracts';
import { makeHand, tellHands, type Hand, type Hands } from './hand.ts';
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

/** A dispatch without what it tells of the run, unless nobody had it before: whoever did may have come further, and only the ledger knows. */
export const asDelivered = (dispatch: Dispatch, deliveryCount: number): Dispatch =>
  deliveryCount === 1 ? dispatch : { runId: dispatch.runId, version: dispatch.version };

export const makeAdvanceRun = (deps: AdvanceRunDeps): AdvanceRun => {
  const { hands, leases, isInOtherHands } = deps;
  const walk = makeWalk(deps);

  const advance = async (dispatch: Dispatch, hand: Hand): Promise<void> => {
    const { runId } = dispatch;
    const release = leases.hold(runId, hand);
    try {
      const journal = await openJournal(deps, dispatch);
      if (!journal || journal.state.awaitsAdmission) return;
      while (isInAction(journal) && (await isInOtherHands(runId))) {
        if (!hand.hasNews) throw new Failure('run.in_other_hands');
        hand.hasNews = false;
      }
      hand.isAtWork = true;
      for (;;) {
        // The dispatch comes again: whoever has the run may die before it has told of the end.
        if ((await walk(journal, hand)) === 'taken') throw new Failure('run.in_other_hands');
        if (!hand.hasNews) return;
        hand.hasNews = false;
        await journal.reload();
      }
    } finally {
      release();
      hands.delete(runId);
    }
  };

  return (dispatch) => {
    const { runId } = dispatch;
    const held = hands.get(runId);
    if (held) {
      tellHands(hands, [runId]);
      // Acked before what is in hand is done, it would be lost with this process.
      return held.done;
    }
    const hand = makeHand();
    hands.set(runId, hand);
    return (hand.done = advance(dispatch, hand));
  };
};

/** Whether an effect has begun that would happen twice if two were at work on the run, and has not ended as far as the ledger knows. */
const isInAction = ({ definition, state }: Journal): boolean =>
  Object.entries(state.steps).some(
    ([name, { startedAt, awaited }]) =>
      startedAt !== undefined && awaited === undefined && definition.plan.steps.get(name)?.action !== undefined,
  );
