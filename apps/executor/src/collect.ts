import { Failure, type NewRunEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { decideStep, type Move, type StepOutcome } from '@nightshift/workflow-core';
import { takeLock } from './enter-block.ts';
import type { Journal } from './journal.ts';

type CollectMove = Extract<Move, { kind: 'collect' }>;

/** Looks whether what a step waits for has come about. No events: it has not, and nothing about the wait is new. */
export const makeCollect =
  (ledger: Ledger) =>
  async ({ runId, state }: Journal, { step, awaited }: CollectMove): Promise<NewRunEvent[]> => {
    const decide = (outcome: StepOutcome): NewRunEvent[] => decideStep(state, step, outcome, { now: new Date() });
    if (awaited.kind === 'run') {
      const outcome = await outcomeOfCall(ledger, awaited.calledRunId);
      return outcome ? decide(outcome) : [];
    }
    if (step.block?.kind !== 'lock') return [];
    const { leaseMs } = step.block;
    const outcome = await takeLock(ledger.locks.acquire, { name: awaited.lock, runId, step: step.name, leaseMs });
    // A later moment is news only when the known one has come: a holder that is at work puts it off all the time.
    const isKnown =
      outcome.kind === 'locked' && awaited.until <= outcome.until && Date.parse(awaited.until) > Date.now();
    return isKnown ? [] : decide(outcome);
  };

/** How a called run ended; undefined while it has not. */
const outcomeOfCall = async (ledger: Ledger, calledRunId: string): Promise<StepOutcome | undefined> => {
  const called = await ledger.runs.find(calledRunId);
  switch (called?.status) {
    case 'succeeded':
      return { kind: 'completed', result: called.result };
    case 'failed':
      return { kind: 'failed', problem: called.problem!, canRetry: true };
    case 'cancelled':
      return {
        kind: 'failed',
        problem: new Failure('run.cancelled', { detail: `The called run ${calledRunId} was cancelled` }).toProblem(),
        canRetry: false,
      };
    default:
      return undefined;
  }
};
