import { Failure, type RunEvent, type RunView } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { evolve, initialState, type RunState } from '@nightshift/workflow-core';
import type { makeAnnounceEnd } from './announce-end.ts';

export interface CancelRunDeps {
  ledger: Pick<Ledger, 'runs'>;
  announceEnd: ReturnType<typeof makeAnnounceEnd>;
  nowMs: () => number;
}

/** A run that moves this often between reading and appending has an executor that is quicker than we are; the caller may try again. */
const ATTEMPTS = 10;

export interface CancelRun {
  runId: string;
  reason?: string;
  /** Refuses a run in a state that this caller may not cancel. */
  guard?: (state: RunState) => void;
}

/**
 * Cancels a run that has not ended; one that is cancelled already stays as it is. Answers with the run as it is now.
 * @throws Failure `run.not_found`, `run.ended`, `ledger.unavailable`, or what the guard refused with
 */
export const makeCancelRun =
  ({ ledger, announceEnd, nowMs }: CancelRunDeps) =>
  async ({ runId, reason, guard }: CancelRun): Promise<RunView> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const history = await ledger.runs.events(runId);
      const state = history.reduce<RunState>(evolve, initialState);
      if (state.status === 'none') throw new Failure('run.not_found', { detail: `There is no run ${runId}` });
      if (state.status === 'cancelled') return view(ledger, runId);
      guard?.(state);
      if (state.status === 'succeeded' || state.status === 'failed') {
        throw new Failure('run.ended', { detail: `Run ${runId} has already ${state.status}` });
      }
      const appended = await ledger.runs.append({
        runId,
        expectedVersion: state.version,
        events: [{ type: 'RunCancelled', data: reason === undefined ? {} : { reason } }],
        at: new Date(nowMs()).toISOString(),
      });
      if (appended.outcome === 'conflict') continue;
      const outcome = { runId, status: 'cancelled' as const };
      announceEnd({ outcome, version: state.version + 1, waiter: waiterOf(history), appended });
      return view(ledger, runId);
    }
    throw new Failure('ledger.unavailable', { detail: `Run ${runId} moves too quickly to be cancelled; try again` });
  };

const waiterOf = ([first]: readonly RunEvent[]): string | undefined =>
  first?.type === 'RunRequested' ? first.data.waiter : undefined;

const view = async (ledger: Pick<Ledger, 'runs'>, runId: string): Promise<RunView> => (await ledger.runs.find(runId))!;
