import { builtInFields, Failure, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName } from '../database/quote.ts';
import { nearestName } from '../nearest-name.ts';
import type { Column } from '../values/column.ts';

export interface SortKey {
  readonly column: Column;
  readonly isDescending: boolean;
}

/**
 * The keys of a search's order. The id always comes last, so that the order is total; without any other key that is the order of
 * creation, because ids are UUIDv7. Absent values come last, and first when descending.
 * @throws Failure `search.invalid` with every violation
 */
export const sortKeys = (type: StoredType, sort: readonly string[] = []): SortKey[] => {
  const violations: Violation[] = [];
  const keys: SortKey[] = [];
  sort.forEach((word, index) => {
    const isDescending = word.startsWith('-');
    const name = isDescending ? word.slice(1) : word;
    const column = type.column(name);
    const pointer = `/sort/${index}`;
    if (column === undefined) {
      const suggestion = nearestName(name, [...type.columns.map((known) => known.name), ...Object.keys(builtInFields)]);
      violations.push({
        pointer,
        detail: `is not a field of ${type.name}`,
        ...(suggestion !== undefined && { suggestion }),
      });
    } else if (column.kind === 'json' || column.isList) {
      violations.push({ pointer, detail: `is ${column.isList ? 'a list' : 'json'}, which has no order` });
    } else if (!keys.some((key) => key.column === column)) {
      keys.push({ column, isDescending });
    }
  });
  if (violations.length > 0) {
    throw new Failure('search.invalid', {
      detail: violations.map((v) => `${v.pointer} ${v.detail}`).join('; '),
      errors: violations,
    });
  }
  const isTotal = keys.some((key) => key.column === type.id);
  return isTotal ? keys : [...keys, { column: type.id, isDescending: keys.at(-1)?.isDescending ?? false }];
};

/** After `ORDER BY`. Nulls as Postgres has them, which its indexes follow. */
export const orderBy = (keys: readonly SortKey[]): string =>
  keys.map(({ column, isDescending }) => `t.${quoteName(column.name)}${isDescending ? ' DESC' : ''}`).join(', ');
