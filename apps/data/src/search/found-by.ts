import type { SearchBody } from '@nightshift/contracts';
import type { Compilation } from './compilation.ts';
import { compileConditions } from './compile-where.ts';
import { compileWordSearch, type WordSearch } from './full-text.ts';

/** What everything that is found must meet. */
export const foundBy = (c: Compilation, search: SearchBody): { condition: string; words?: WordSearch | undefined } => {
  const where = compileConditions(c, search.where ?? {});
  if (search.search === undefined) return { condition: where };
  const words = compileWordSearch(c, search.search);
  return { condition: words === undefined ? where : `${where} AND ${words.condition}`, words };
};
