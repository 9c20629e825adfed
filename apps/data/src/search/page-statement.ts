import type { SearchBody } from '@nightshift/contracts';
import { columnList } from '../things/read-statement.ts';
import type { Compilation } from './compilation.ts';
import { afterCursor, readCursor } from './cursor.ts';
import { foundBy } from './found-by.ts';
import { orderBy, sortKeys, type SortKey } from './sort-keys.ts';

export interface PageStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly keys: readonly SortKey[];
  readonly compilation: Compilation;
  readonly isWordSearch: boolean;
}

/**
 * Rows of texts: the type's columns, then the sort keys. One more than the limit tells whether there is a next page.
 * @throws Failure `search.invalid` when the cursor is wrong; anything else that is wrong is a violation, and the statement is not to be run
 */
export const pageStatement = (c: Compilation, search: SearchBody, limit: number): PageStatement => {
  const { condition, words } = foundBy(c, search);
  const keys = sortKeys(c, search.sort, words?.relevance);
  const isAfter =
    search.cursor === undefined || !c.violations.isEmpty
      ? ''
      : ` AND ${afterCursor(c, keys, readCursor(c.type.name, keys, search.cursor))}`;
  const most = c.reading.parameters.add(limit + 1, 'int');
  const shown = [columnList(c.type), ...keys.map(({ subject }) => `${subject.sql}::text`)].join(', ');
  // Postgres guesses how many things have a word, and where it guesses too many it goes through all things in the order asked for, taking
  // their texts apart on the way: a rare word among a million would take seconds. Finding them first never costs more than they are.
  const isByWords = words !== undefined || c.uses.some((use) => use.as === 'words');
  const found = isByWords ? `${c.from(condition)} WHERE true` : `${c.from()} WHERE ${condition}`;
  const text = `SELECT ${shown} FROM ${found}${isAfter} ORDER BY ${orderBy(keys)} LIMIT ${most}`;
  return { text, values: c.reading.parameters.values, keys, compilation: c, isWordSearch: words !== undefined };
};
