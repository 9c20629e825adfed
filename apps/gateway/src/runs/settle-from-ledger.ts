import type { Ledger } from '@nightshift/ledger';
import { toldByLedger } from './outcome-of.ts';
import type { WaitingCallers } from './waiting-callers.ts';

interface SettleFromLedgerDeps {
  ledger: Pick<Ledger, 'runs'>;
  callers: Pick<WaitingCallers, 'waiting' | 'settle'>;
}

/** After a lost connection: asks the ledger for the outcomes and answers that may have been sent meanwhile. */
export const makeSettleFromLedger =
  ({ ledger, callers }: SettleFromLedgerDeps) =>
  async (): Promise<void> => {
    for (const { runId, takesAnswer } of callers.waiting()) {
      const told = await toldByLedger(ledger, runId, takesAnswer);
      if (told !== undefined) callers.settle(told);
    }
  };
