import { randomUUID } from 'node:crypto';
import { signals, subjects } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { tellHands, type Hands } from './hand.ts';

/**
 * Whether another executor is at work on the run; if so, it hears that there is news. A dispatch may come to any executor, and one that goes
 * on with a call which another one waits for would make it twice.
 */
export type IsInOtherHands = (runId: string) => Promise<boolean>;

/** No answer means that nobody is at work on it. Shorter, and a busy executor counts as dead; longer, and the runs of a dead one stand still. */
const ANSWER_WITHIN_MS = 250;

export const makeIsInOtherHands = (bus: Pick<Bus, 'send' | 'subscribe'>, hands: Hands): IsInOtherHands => {
  const self = randomUUID();
  const asked = new Map<string, () => void>();

  bus.subscribe(signals.whoHas, (body) => {
    const { runId, asker } = body as { runId: string; asker: string };
    if (asker === self || !hands.get(runId)?.isAtWork) return;
    tellHands(hands, [runId]);
    bus.send(subjects.inHand(asker), { runId });
  });
  bus.subscribe(subjects.inHand(self), (body) => asked.get((body as { runId: string }).runId)?.());

  return (runId) =>
    new Promise((resolve) => {
      const answered = (isInOtherHands: boolean): void => {
        clearTimeout(patience);
        asked.delete(runId);
        resolve(isInOtherHands);
      };
      const patience = setTimeout(() => answered(false), ANSWER_WITHIN_MS);
      asked.set(runId, () => answered(true));
      bus.send(signals.whoHas, { runId, asker: self });
    });
};
