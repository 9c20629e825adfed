import type { Ledger } from '@nightshift/ledger';
import { outcomeOf } from './outcome-of.ts';
import type { WaitingCallers } from './waiting-callers.ts';

interface SettleFromLedgerDeps {
  ledger: Pick<Ledger, 'runs'>;
  callers: Pick<WaitingCallers, 'runIds' | 'settle'>;
}

/** After a lost connection: asks the ledger for the outcomes that may have been sent meanwhile. */
export const makeSettleFromLedger =
  ({ ledger, callers }: SettleFromLedgerDeps) =>
  async (): Promise<void> => {
    for (const runId of callers.runIds()) {
      const outcome = outcomeOf(await ledger.runs.find(runId));
      if (outcome !== undefined) callers.settle(outcome);
    }
  };
