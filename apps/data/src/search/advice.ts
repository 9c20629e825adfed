import type { ReadExplanation } from '@nightshift/contracts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { Use } from './compilation.ts';
import { fieldVector, typeVector } from './full-text.ts';
import type { TableIndexes } from './explain-search.ts';
import type { PageStatement } from './page-statement.ts';

/** Below this, reading everything is no slower than an index, and Postgres does not ask one. */
const FEW_THINGS = 1_000;

/** What would spare Postgres the reading of every thing of the searched type; nothing where an index serves or there are few. */
export const adviceFor = (page: PageStatement, table: TableIndexes, reads: readonly ReadExplanation[]): string[] => {
  const { type, uses, reading } = page.compilation;
  const isRead = reads.some((read) => read.type === type.name && read.by === 'sequential');
  if (!isRead || (table.things >= 0 && table.things < FEW_THINGS)) return [];
  const hasIndex = (key: string): boolean =>
    [...table.indexes.values()].some(([first]) => first === key || first === quoteName(key));
  const create = (definition: string): string => `CREATE INDEX ON ${quoteTable(type.name)} ${definition};`;
  const make: Record<Use['as'], (field: string) => string | undefined> = {
    value: (field) => (hasIndex(field) ? undefined : `declare the field ${field} with "indexed": true`),
    start: (field) => `for startsWith: ${create(`(${quoteName(field)} text_pattern_ops)`)}`,
    part: (field) =>
      `for parts of a text: CREATE EXTENSION IF NOT EXISTS pg_trgm; ${create(`USING gin (${quoteName(field)} gin_trgm_ops)`)}`,
    caseless: (field) => `for ignoreCase: ${create(`(lower(${quoteName(field)}))`)}`,
    words: (field) => `for matches: ${create(`USING gin (${fieldVector(reading.language, quoteName(field))})`)}`,
    element: (field) => (hasIndex(field) ? undefined : `declare the list ${field} with "indexed": true`),
  };
  const advice = uses.flatMap(({ field, as }) => make[as](field) ?? []);
  if (page.isWordSearch) {
    const vector = typeVector(type, reading.language);
    advice.push(`for search: ${create(`USING gin (${vector})`)}`);
  }
  return [...new Set(advice)];
};
