import { operationAt } from './operation-of.ts';

/** What browsers ask before they ask, and what nobody asks for by itself. */
const unnamed = new Set(['HEAD', 'OPTIONS']);

/**
 * A route that is no operation of the contract is a mistake of ours: nobody could be let in to it, and nothing would say that it is there. The gateway
 * does not start with one.
 * @throws Error naming it
 */
export const assertOperation = (method: string | readonly string[], path: string): void => {
  const missing = [method].flat().filter((one) => !unnamed.has(one) && operationAt(one, path) === undefined);
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')} ${path} is no operation of libs/contracts/src/operations`);
};
