import type { Origin } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { VERSION_COLUMN } from '../catalog/thing-version.ts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';
import { sourceOf, type Reading } from '../search/source.ts';
import { setList, type Assignment } from '../things/assignment.ts';
import { keptPart, tagPart } from '../things/write-statement.ts';
import type { Column } from '../values/column.ts';
import type { Reader } from './condition-scope.ts';
import { rowCondition, seenVersion, type RightToRows } from './filtered-source.ts';
import { rightsOf, type Rights } from './rights.ts';

export interface GuardedWrite {
  readonly action: 'create' | 'change' | 'delete';
  /** Unless creating. */
  readonly id?: string;
  readonly assignments: readonly Assignment[];
  readonly key?: string | undefined;
  readonly origin?: Origin | undefined;
}

const ID = quoteName('id');
const NO_RIGHTS_NEEDED = new Set<Assignment['operation']>(['set', 'clear']);

/**
 * One statement that makes a change as a user, as `writeStatement` does for the platform. A thing that he may not find is not there; one that
 * he may find, but not change so, raises NS003, and a reference to what he may not find NS004. A new thing is judged as it was written, a
 * changed or deleted one as it was before. Answers with what he sees of it.
 */
export const guardedWriteStatement = (
  type: StoredType,
  { action, id, assignments, key, origin }: GuardedWrite,
  reading: Reading & { reader: Reader },
): { text: string; values: readonly unknown[] } => {
  const { parameters } = reading;
  const rights = rightsOf({ ...reading, type, alias: 't' });
  const parts: string[] = [];
  if (origin !== undefined) parts.push(tagPart(parameters.add(JSON.stringify(origin), 'text')));
  const from = (word: 'FROM' | 'USING'): string => (origin === undefined ? '' : ` ${word} tag`);
  const table = `${quoteTable(type.name)} AS t`;
  const references = referenceChecks(assignments, reading);
  const placeOf = (value: unknown, sqlType: string): string => parameters.add(value, sqlType);
  const isHis = (...allowed: string[]): string => {
    const isIt = `t.${ID} = ${parameters.add(id, type.id.sqlType)}`;
    // A CASE, so that nothing is refused that is not there for him.
    return `${isIt} AND CASE WHEN ${isIt} AND ${rights.find()} THEN ${allowed.join(' AND ')} ELSE false END`;
  };

  const change = {
    create: () => {
      const columns = assignments.map(({ column }) => column);
      const names = columns.length === 0 ? '' : ` (${columns.map((c) => quoteName(c.name)).join(', ')})`;
      const values = assignments.map(({ column, parameter }) => placeOf(parameter, column.sqlType)).join(', ');
      return `INSERT INTO ${table}${names} SELECT ${values}${from('FROM')}`;
    },
    change: () =>
      `UPDATE ${table} SET ${setList(assignments, placeOf)}${from('FROM')} WHERE ${isHis(permit(rowCondition(rights, rightToChange(assignments))), ...references)}`,
    delete: () => `DELETE FROM ${table}${from('USING')} WHERE ${isHis(permit(rights.delete()))}`,
  }[action]();

  const judged = action === 'create' ? [...references, permit(rights.create())] : [];
  const answer = type.columns.map((column) =>
    column === type.id ? `${inOrder(judged, `t.${ID}::text`)} AS ${ID}` : shown(rights, column),
  );
  answer.push(`CASE WHEN ${rights.find()} THEN (${seenVersion(rights, type, 't')})::text END AS ${VERSION_COLUMN}`);
  parts.push(`changed AS (${change} RETURNING ${answer.join(', ')})`);
  if (key !== undefined)
    parts.push(keptPart(parameters.add(key, 'text'), '(SELECT row_to_json(changed) FROM changed)'));
  return { text: `WITH ${parts.join(', ')} SELECT * FROM changed`, values: parameters.values };
};

/** True, or an error. */
export const permit = (condition: string): string => `nightshift_data.permit(${condition})`;

/** The right that these assignments take. */
export const rightToChange = (assignments: readonly Assignment[]): Exclude<RightToRows, 'delete'> => ({
  change: assignments.map(({ column }) => column),
  sees: assignments.filter(({ operation }) => !NO_RIGHTS_NEEDED.has(operation)).map(({ column }) => column),
});

/** For each thing that is referred to, whether the reader may find it, or is it: true, or an error. Nothing for the platform. */
export const referenceChecks = (assignments: readonly Assignment[], reading: Reading): string[] => {
  const { reader } = reading;
  if (reader === undefined) return [];
  return assignments.flatMap(({ column, operation, parameter }) => {
    const target = column.refersTo === undefined ? undefined : reading.typeNamed(column.refersTo);
    const refers = operation === 'set' || (operation === 'add' && column.isList);
    if (target === undefined || !refers || parameter === null) return [];
    const source = sourceOf(target, 'target', reading);
    const place = reading.parameters.add(parameter, column.sqlType);
    const ids = column.isList ? place : `ARRAY[${place}]`;
    // Whoever he is, he is there for himself.
    const isOther =
      column.refersTo === reader.userType && (column.refersToColumn ?? 'id') === 'id' && reader.user !== null
        ? `asked.id <> ${reading.parameters.add(reader.user, target.id.sqlType)}`
        : 'asked.id IS NOT NULL';
    const areFound = `NOT EXISTS (SELECT FROM unnest(${ids}) AS asked (id) WHERE ${isOther} AND NOT EXISTS (SELECT FROM ${source} WHERE ${quoteName('target')}.${quoteName(column.refersToColumn ?? 'id')} = asked.id))`;
    return `nightshift_data.permit_reference(${quoteText(column.name)}, ${areFound})`;
  });
};

/** The value, once every check has been passed, one after the other. */
export const inOrder = (checks: readonly string[], value: string): string =>
  checks.length === 0
    ? value
    : `CASE ${checks.map((check) => `WHEN NOT ${check} THEN NULL`).join(' ')} ELSE ${value} END`;

const shown = (rights: Rights, column: Column): string => {
  const name = quoteName(column.name);
  return `CASE WHEN ${rights.find()} AND ${rights.see(column)} THEN t.${name}::text END AS ${name}`;
};
