import type { Compilation } from './compilation.ts';
import { subjectAt } from './references.ts';
import { kindOf, subjectOf, type Subject } from './subject.ts';

export interface SortKey {
  readonly subject: Subject;
  readonly isDescending: boolean;
}

/**
 * The keys of a search's order. The id always comes last, so that the order is total; without any other key that is the order of
 * creation, because ids are UUIDv7. Absent values come last, and first when descending.
 * @param relevance what `relevance` means, unless a field has that name
 */
export const sortKeys = (c: Compilation, sort: readonly string[] = [], relevance?: Subject): SortKey[] => {
  const keys: SortKey[] = [];
  sort.forEach((word, index) => {
    const isDescending = word.startsWith('-');
    const name = isDescending ? word.slice(1) : word;
    const pointer = `/sort/${index}`;
    const isRelevance = name === 'relevance' && c.type.column(name) === undefined;
    if (isRelevance && relevance === undefined) {
      c.violations.add(pointer, 'needs search, the words that things are relevant to');
      return;
    }
    const subject = isRelevance ? relevance : subjectAt(c, name, pointer, ['relevance']);
    if (subject === undefined) return;
    if (subject.isList || subject.kind === 'json')
      c.violations.add(pointer, `is ${kindOf(subject)}, which has no order`);
    else if (!keys.some((key) => key.subject.sql === subject.sql)) keys.push({ subject, isDescending });
  });
  const id = subjectOf(c.type.id, 't');
  const isTotal = keys.some((key) => key.subject.sql === id.sql);
  return isTotal ? keys : [...keys, { subject: id, isDescending: keys.at(-1)?.isDescending ?? false }];
};

/** After `ORDER BY`. Nulls as Postgres has them, which its indexes follow. */
export const orderBy = (keys: readonly SortKey[]): string =>
  keys.map(({ subject, isDescending }) => `${subject.sql}${isDescending ? ' DESC' : ''}`).join(', ');
