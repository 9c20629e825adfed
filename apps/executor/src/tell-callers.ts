import { outcomeText, subjects, type RunEvent, type RunOutcome, type RunRequested } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

/**
 * Tells whoever waits for a run of how it answered and how it ended, over core NATS. What is told is durable; what gets lost costs the caller time:
 * who takes the run over tells it again, and in the end the gateway looks into the ledger.
 */
export interface TellCallers {
  (requested: RunRequested, events: readonly RunEvent[]): void;
  close(): void;
}

/** What is kept for the end of a disconnection. Callers of more find out later. */
const KEPT_MOST = 1_000;

export const makeTellCallers = ({
  bus,
}: {
  bus: Pick<Bus, 'sendText' | 'isConnected' | 'onReconnect'>;
}): TellCallers => {
  let kept: { subject: string; text: string }[] = [];
  // A gateway that is connected again before this process has looked into the ledger by then.
  const stopReconnect = bus.onReconnect(() => {
    const told = kept;
    kept = [];
    for (const { subject, text } of told) bus.sendText(subject, text);
  });

  const tell = (subject: string, text: string): void => {
    if (bus.isConnected) bus.sendText(subject, text);
    else if (kept.length < KEPT_MOST) kept.push({ subject, text });
  };

  const tellOf = ({ waiter }: RunRequested, events: readonly RunEvent[]): void => {
    if (waiter === undefined) return;
    const subject = subjects.outcome(waiter);
    for (const event of events) {
      if (event.type === 'AnswerGiven') tell(subject, outcomeText({ runId: event.runId, answer: event.data.answer }));
    }
    const outcome = outcomeOf(events.at(-1));
    if (outcome) tell(subject, outcomeText(outcome));
  };
  return Object.assign(tellOf, { close: stopReconnect });
};

const outcomeOf = (last: RunEvent | undefined): RunOutcome | undefined => {
  switch (last?.type) {
    case 'RunSucceeded':
      return { runId: last.runId, status: 'succeeded', result: last.data.result };
    case 'RunFailed':
      return { runId: last.runId, status: 'failed', problem: last.data.problem };
    case 'RunCancelled':
      return { runId: last.runId, status: 'cancelled' };
    default:
      return undefined;
  }
};
