import type { Ledger } from '@nightshift/ledger';
import type { AnnounceEnded } from '../runs/announce-ended.ts';

export interface CancelPreviousDeps {
  ledger: Pick<Ledger, 'control'>;
  announceEnded: AnnounceEnded;
}

/** Cancels the run of an earlier moment, because that of a later one is to start. One that has ended meanwhile stays so. */
export type CancelPrevious = (runId: string) => Promise<void>;

export const makeCancelPrevious =
  ({ ledger, announceEnded }: CancelPreviousDeps): CancelPrevious =>
  async (previousId) => {
    const reason = 'the next planned moment of its recurrence has come';
    announceEnded(await ledger.control.cancel({ runIds: [previousId] }, { reason }));
  };
