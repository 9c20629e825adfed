import type { HoldView } from '@nightshift/contracts';
import { makeHolds, type HoldsDeps } from '../flow/holds.ts';
import { makeCancelChain, type CancelChainDeps } from './cancel-chain.ts';
import { makeGetChain, makeSearchChains } from './get-chains.ts';

export const makeChainHandlers = (deps: CancelChainDeps & HoldsDeps) => {
  const get = makeGetChain(deps);
  const { hold, release } = makeHolds(deps);
  return {
    get,
    search: makeSearchChains(deps),
    cancel: makeCancelChain(deps),
    /** The cycle under way goes on to its end; the next one does not start. @throws Failure `chain.not_found`, `request.invalid` */
    pause: async (chainId: string, body: unknown): Promise<HoldView> => {
      await get(chainId);
      const holds = await hold({ chainId }, body);
      return holds.find((held) => held.chainId === chainId)!;
    },
    /** The cycle that is next starts. @throws Failure `chain.not_found`, `hold.not_found` */
    resume: async (chainId: string, body: unknown): Promise<void> => {
      await get(chainId);
      await release({ chainId }, body);
    },
  };
};

export type ChainHandlers = ReturnType<typeof makeChainHandlers>;
