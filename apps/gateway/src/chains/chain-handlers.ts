import { makeCancelChain, type CancelChainDeps } from './cancel-chain.ts';
import { makeGetChain, makeSearchChains } from './get-chains.ts';

export const makeChainHandlers = (deps: CancelChainDeps) => ({
  get: makeGetChain(deps),
  search: makeSearchChains(deps),
  cancel: makeCancelChain(deps),
});

export type ChainHandlers = ReturnType<typeof makeChainHandlers>;
