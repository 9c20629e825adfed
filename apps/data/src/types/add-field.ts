import type { DeclaredField, Field, Violation } from '@nightshift/contracts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { columnDefinition, createIndex, hasDefault, needsIndex } from './column-sql.ts';
import { fileGuards, releaseFiles } from './file-guards.ts';
import { atOnce, type Step } from './plan-step.ts';
import type { Before } from './plan-type.ts';
import type { TableColumn } from './read-table.ts';

export const dropField = (type: string, name: string, column: TableColumn | undefined): Step =>
  column === undefined
    ? { does: `${name} is not there, so nothing is dropped`, sql: [], locks: 'nothing', takes: 'moment' }
    : atOnce(
        `${name} is dropped, with its values, indexes and rules`,
        [
          ...(column.isGuarded ? [releaseFiles(type, name)] : []),
          `ALTER TABLE ${quoteTable(type)} DROP COLUMN ${quoteName(name)}`,
        ],
        [
          {
            pointer: '/drop',
            detail: `lose their ${name}`,
            column: name,
            where: `t.${quoteName(name)} IS NOT NULL`,
            canConfirm: true,
          },
        ],
      );

export const addField = (type: string, name: string, field: DeclaredField, idType: string | undefined): Step[] => {
  const isMissing = field.required === true && !hasDefault(field);
  const add = `ALTER TABLE ${quoteTable(type)} ADD COLUMN ${columnDefinition(name, field, idType)}`;
  const index = needsIndex(field) ? [createIndex(type, name, field)] : [];
  const detail = 'would be without it, and it is required: give it a default';
  return [
    atOnce(
      `${name} is added`,
      [add, ...index, ...fileGuards(type, name, field)],
      isMissing ? [{ pointer: `/fields/${name}`, detail, where: 'true', canConfirm: false }] : [],
    ),
  ];
};

/** The SQL type of the ids that the field refers to; undefined for other fields. */
export const idTypeOf = (
  name: string,
  field: Field,
  self: string,
  { table, targets }: Before,
  violations: Violation[],
): string | undefined => {
  if (field.kind !== 'reference' || field.type === undefined) return undefined;
  const own = table === undefined ? 'uuid' : table.columns.find((column) => column.name === 'id')?.sqlType;
  const target = field.type === self ? own : targets.get(field.type);
  if (target === undefined)
    violations.push({ pointer: `/fields/${name}/type`, detail: `there is no type ${field.type}` });
  return target;
};
