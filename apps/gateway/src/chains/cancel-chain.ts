import { compileSchema, Failure, isFinal, StopRunBodySchema, type ChainView } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checked } from '../door/checked.ts';
import type { AnnounceControl } from '../runs/announce-control.ts';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import { makeGetChain } from './get-chains.ts';

export interface CancelChainDeps {
  ledger: Pick<Ledger, 'chains' | 'control' | 'flows'>;
  announceControl: AnnounceControl;
  dispatchRuns: DispatchRuns;
}

const checkBody = compileSchema(StopRunBodySchema);

/** Open cycles are among the newest, unless the chain goes several ways. Looking at those alone keeps up with a chain of any length. */
const NEWEST = 100;

/**
 * A cycle that ends while it is being cancelled has begun the next one in the same commit: then that is the one to cancel. Each such race is
 * lost to one executor at most, and losing all of so many in a row would take a chain whose cycles end faster than a row is read.
 */
const RACES = 1_000;

/**
 * Ends a chain with its future: the open cycle, and whatever it starts while that is being done. When this has answered, nothing of the chain
 * starts any more. One that is cancelled already stays so.
 * @throws Failure `chain.not_found`, `chain.ended`, `request.invalid`, `ledger.unavailable`
 */
export const makeCancelChain = ({ ledger, announceControl, dispatchRuns }: CancelChainDeps) => {
  const getChain = makeGetChain({ ledger });

  const cancelRuns = async (runIds: readonly string[], reason: string | undefined): Promise<void> => {
    const { wokenRunIds } = await ledger.control.cancel(
      { runIds },
      { ...(reason !== undefined && { reason }), onChanged: announceControl },
    );
    dispatchRuns.ready(wokenRunIds);
  };

  const findOpen = async (chainId: string): Promise<string[]> => {
    const newest = await ledger.chains.openRuns(chainId, NEWEST);
    return newest.length > 0 ? newest : ledger.chains.openRuns(chainId);
  };

  return async (chainId: string, body: unknown): Promise<ChainView> => {
    const { reason } = checked(checkBody, body ?? {});
    const { finishedAt, status } = await getChain(chainId);
    if (finishedAt !== null && status !== 'cancelled')
      throw new Failure('chain.ended', { detail: `Chain ${chainId} is ${status}` });
    for (let race = 0; race < RACES; race++) {
      const runIds = await findOpen(chainId);
      if (runIds.length === 0) return endedWell(await getChain(chainId));
      await cancelRuns(runIds, reason);
    }
    throw new Failure('ledger.unavailable', {
      detail: `Chain ${chainId} moves too quickly to be cancelled; try again`,
    });
  };
};

/** It may have come to its own end first. */
const endedWell = (chain: ChainView): ChainView => {
  if (chain.status === 'cancelled' || !isFinal(chain.status)) return chain;
  throw new Failure('chain.ended', { detail: `Chain ${chain.id} is ${chain.status}` });
};
