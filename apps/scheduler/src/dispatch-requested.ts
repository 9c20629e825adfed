import { dispatchId, dispatchText, subjects } from '@nightshift/contracts';
import type { RequestedRun } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';

/** Says that new runs are ready, with what they hold, so that the executor need not read them. Runs that a guard holds are not. */
export type DispatchRequested = (runs: readonly RequestedRun[]) => Promise<void>;

/** Resolves when more may be dispatched, not when the messages are stored: a lost one is the reconciler's. */
export const makeDispatchRequested =
  (bus: Pick<Bus, 'publish' | 'whenWritable'>): DispatchRequested =>
  async (runs) => {
    for (const { runId, at, requested, held } of runs) {
      if (held) continue;
      const dispatch = { runId, version: 1, requested: { at, data: requested } };
      bus.publish(subjects.dispatch, dispatchText(dispatch), { id: dispatchId(dispatch) });
    }
    await bus.whenWritable();
  };
