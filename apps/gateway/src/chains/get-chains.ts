import { ChainSearchSchema, compileSchema, Failure, type ChainView, type Page } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';

type Deps = { ledger: Pick<Ledger, 'chains'> };

/** @throws Failure `chain.not_found` */
export const makeGetChain =
  ({ ledger }: Deps) =>
  async (chainId: string): Promise<ChainView> => {
    const chain = await ledger.chains.find(chainId);
    if (chain === undefined) throw new Failure('chain.not_found', { detail: `There is no chain ${chainId}` });
    return chain;
  };

const check = compileSchema(ChainSearchSchema);

const LIMIT_DEFAULT = 50;

/** Chains of two cycles and more, newest first. @throws Failure `request.invalid` */
export const makeSearchChains =
  ({ ledger }: Deps) =>
  (query: Record<string, string | string[] | undefined>): Promise<Page<ChainView>> => {
    const { limit = LIMIT_DEFAULT, cursor, ...filter } = checked(check, coerceQuery(query, ChainSearchSchema));
    return ledger.chains.search(filter, limit, cursor);
  };
