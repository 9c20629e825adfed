import type { Origin } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { compileWhere } from '../search/compile-where.ts';
import type { RightToRows } from '../privacy/filtered-source.ts';
import { inOrder, permit, referenceChecks, rightToChange } from '../privacy/guarded-write.ts';
import { rightsOf } from '../privacy/rights.ts';
import { sourceOf, type Reading } from '../search/source.ts';
import type { Column } from '../values/column.ts';
import { ANSWER_MAX_BYTES } from './answer-max-bytes.ts';
import { setList, type Assignment } from './assignment.ts';
import { isKept } from './check-fields.ts';
import type { Selection } from './selection.ts';
import { keptPart, tagPart } from './write-statement.ts';

export interface BulkStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface BulkShape {
  readonly action: 'changeList' | 'deleteList' | 'copy';
  readonly selection: Selection;
  readonly assignments: readonly Assignment[];
  readonly key?: string | undefined;
  readonly origin?: Origin | undefined;
}

/**
 * One statement that changes, deletes or copies all the things of a selection or none, tags its transaction and keeps its answer,
 * which is also what it answers with: one row, one text of JSON.
 *
 * Locks the things that it changes or deletes, in the order of their ids, so that two such statements wait for each other instead
 * of deadlocking; and the key, as `writeStatement` does. Finds them by their primary key or however the conditions can be met.
 * @throws Failure `search.invalid` when the conditions are wrong
 */
export const bulkStatement = (type: StoredType, shape: BulkShape, reading: Reading): BulkStatement => {
  const { parameters } = reading;
  const { key, origin } = shape;
  const parts: string[] = [];
  if (origin !== undefined) parts.push(tagPart(parameters.add(JSON.stringify(origin), 'text')));
  parts.push(...makers[shape.action](type, shape, reading));
  if (key !== undefined) parts.push(keptPart(parameters.add(key, 'text'), '(SELECT answer FROM answered)'));
  return { text: `WITH ${parts.join(', ')} SELECT answer::text FROM answered`, values: parameters.values };
};

type MakeParts = (type: StoredType, shape: BulkShape, reading: Reading) => string[];

const idName = quoteName('id');
const tagged = ({ origin }: BulkShape, word: ',' | ' FROM' | ' USING'): string =>
  origin === undefined ? '' : `${word} tag`;

/**
 * An array, and no join: a join of a table that was empty when Postgres last counted it would compare every row with every chosen one.
 */
const isChosen = `t.${idName} = ANY (ARRAY(SELECT ${idName} FROM chosen))`;

const chosenPart = (
  type: StoredType,
  { selection, assignments }: BulkShape,
  right: RightToRows,
  lock: string,
  reading: Reading,
): string => {
  const condition =
    'ids' in selection
      ? `t.${idName} = ANY (${reading.parameters.add(selection.ids, `${type.id.sqlType}[]`)})`
      : compileWhere(type, selection.where, reading);
  return `chosen AS MATERIALIZED (SELECT t.${idName} FROM ${sourceOf(type, 't', reading, right)} WHERE ${condition}${whenReferencesLead(assignments, reading)} ORDER BY t.${idName} ${lock})`;
};

/** Asked once, and not for each thing. */
const whenReferencesLead = (assignments: readonly Assignment[], reading: Reading): string =>
  referenceChecks(assignments, reading)
    .map((check) => ` AND (SELECT ${check})`)
    .join('');

const countPart = (name: 'changed' | 'deleted'): string =>
  `answered AS (SELECT json_build_object('${name}', count(*)) AS answer FROM changed)`;

const makers: Record<BulkShape['action'], MakeParts> = {
  changeList: (type, shape, reading) => {
    const chosen = chosenPart(type, shape, rightToChange(shape.assignments), 'FOR NO KEY UPDATE', reading);
    const set = setList(shape.assignments, (parameter, sqlType) => reading.parameters.add(parameter, sqlType));
    const changed =
      set === ''
        ? 'SELECT FROM chosen'
        : `UPDATE ${quoteTable(type.name)} AS t SET ${set}${tagged(shape, ' FROM')} WHERE ${isChosen} RETURNING 1`;
    return [chosen, `changed AS (${changed})`, countPart('changed')];
  },
  deleteList: (type, shape, reading) => [
    chosenPart(type, shape, 'delete', 'FOR UPDATE', reading),
    `changed AS (DELETE FROM ${quoteTable(type.name)} AS t${tagged(shape, ' USING')} WHERE ${isChosen} RETURNING 1)`,
    countPart('deleted'),
  ],
  copy: (type, shape, reading) => {
    const source = copiedFrom(type, shape, reading);
    const columns = copiedColumns(type, shape.assignments);
    const names = [...columns, ...shape.assignments.map(({ column }) => column)].map((c) => quoteName(c.name));
    const values = [
      ...columns.map((column) => `t.${quoteName(column.name)}`),
      ...shape.assignments.map(({ column, parameter }) => reading.parameters.add(parameter, column.sqlType)),
    ];
    const into = names.length === 0 ? '' : ` (${names.join(', ')})`;
    // Rows are inserted, and returned, one after the other in the order in which they are selected.
    return [
      `copied AS (INSERT INTO ${quoteTable(type.name)} AS made${into} SELECT ${values.join(', ')} FROM ${source} RETURNING ${copiedId(type, reading)} AS id)`,
      `counted AS (SELECT json_build_object('copied', count(*), 'ids', coalesce(json_agg(id), '[]')) AS answer FROM copied)`,
      `answered AS MATERIALIZED (SELECT nightshift_data.sendable(answer, ${ANSWER_MAX_BYTES}) AS answer FROM counted)`,
    ];
  },
};

/** The id of a copy, if the reader may create such a thing; an error otherwise. */
const copiedId = (type: StoredType, reading: Reading): string => {
  const { reader } = reading;
  const checks = reader === undefined ? [] : [permit(rightsOf({ ...reading, reader, type, alias: 'made' }).create())];
  return inOrder(checks, `made.${idName}::text`);
};

/** After `FROM`: the things to be copied, in the order in which they are asked for, or in which they were created. */
const copiedFrom = (type: StoredType, shape: BulkShape, reading: Reading): string => {
  const { selection } = shape;
  const table = sourceOf(type, 't', reading);
  const leading = whenReferencesLead(shape.assignments, reading);
  if ('ids' in selection) {
    const asked = `unnest(${reading.parameters.add(selection.ids, `${type.id.sqlType}[]`)}) WITH ORDINALITY AS asked (id, place)`;
    const found = `LATERAL (SELECT * FROM ${table} WHERE t.${idName} = asked.id OFFSET 0) AS t`;
    return `${asked} CROSS JOIN ${found}${tagged(shape, ',')} WHERE true${leading} ORDER BY asked.place`;
  }
  const order = type.attached ? `t.${idName}` : `t.${quoteName('createdAt')}, t.${idName}`;
  return `${table}${tagged(shape, ',')} WHERE ${compileWhere(type, selection.where, reading)}${leading} ORDER BY ${order}`;
};

/** Everything that a copy has from its source. */
const copiedColumns = (type: StoredType, assignments: readonly Assignment[]): Column[] =>
  type.columns.filter(
    (column) =>
      column !== type.id &&
      !column.isGenerated &&
      !isKept(type, column) &&
      !assignments.some((assignment) => assignment.column === column),
  );
