import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { rememberedStatement } from '../things/remembered-statement.ts';
import type { Column } from '../values/column.ts';

/**
 * Inserts many rows; its parameters are a list of texts for each column, or one list of anything when there are none, which leaves every
 * column to its default. With a key, a row whose value a thing has already changes that thing.
 * Locks the rows that it changes and, for unique fields, waits for others that insert the same.
 */
export const insertStatement = (type: StoredType, columns: readonly Column[], key: Column | undefined): string =>
  rememberedStatement(type, `import ${key?.name ?? ''} ${columns.map(({ name }) => name).join()}`, () => {
    const names = columns.map(({ name }) => quoteName(name));
    const into = names.length === 0 ? '' : ` (${names.join(', ')})`;
    // Texts, and a cast of each: a column that is an array itself could not be a list's item.
    const values = columns.map(({ sqlType }, index) => `r.c${index}::${sqlType}`);
    const places = Array.from({ length: Math.max(1, columns.length) }, (_, index) => index);
    const lists = places.map((index) => `$${index + 1}::text[]`);
    const rows = `unnest(${lists.join(', ')}) AS r (${places.map((index) => `c${index}`).join(', ')})`;
    return `INSERT INTO ${quoteTable(type.name)} AS t${into} SELECT ${values.join(', ')} FROM ${rows}${onConflict(columns, key)}`;
  });

const onConflict = (columns: readonly Column[], key: Column | undefined): string => {
  if (key === undefined) return '';
  const others = columns.filter((column) => column !== key && column.name !== 'id').map(({ name }) => quoteName(name));
  const set = others.map((name) => `${name} = excluded.${name}`).join(', ');
  return ` ON CONFLICT (${quoteName(key.name)}) DO ${set === '' ? 'NOTHING' : `UPDATE SET ${set}`}`;
};
