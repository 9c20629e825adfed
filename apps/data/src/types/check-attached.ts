import type { DeclaredField, Violation } from '@nightshift/contracts';
import { isTextOid, kindOfColumn, UUID_OID } from '../values/kind-of-oid.ts';
import type { Table, TableColumn } from './read-table.ts';

/** A column of an attached table has to be what is declared already. */
export const checkAttached = (
  column: TableColumn,
  name: string,
  field: DeclaredField,
  violations: Violation[],
): void => {
  if (column.name !== name) violations.push(notOfAttached(`/fields/${name}/renamedFrom`));
  if (field.kind === 'file' && !column.isGuarded) {
    const detail = 'is a column of an attached table, whose files nobody would see to: add a field in place of it';
    violations.push({ pointer: `/fields/${name}/kind`, detail });
  }
  const { isList } = column.shape;
  const kind = kindOfColumn(column.shape, column.refersTo, field);
  const isSame =
    kind === field.kind && isList === (field.list === true) && (column.refersTo ?? field.type) === field.type;
  if (isSame) return;
  const existing = `${isList ? 'list of ' : ''}${kind}${column.refersTo === null ? '' : ` to ${column.refersTo}`}`;
  const detail = `is ${existing} (column type ${column.sqlType}), and the table is attached: change it in SQL`;
  violations.push({ pointer: `/fields/${name}/kind`, detail });
};

/** What is asked of an attached table's columns that only their owner may do. */
export const notOfAttached = (pointer: string): Violation => ({
  pointer,
  detail: 'is not for an attached table: change it in SQL',
});

/** A table can be attached if it is one, and has an id that things can have. */
export const checkTable = (table: Table, violations: Violation[]): void => {
  if (table.kind !== 'r')
    violations.push({
      pointer: '/name',
      detail: 'is not an ordinary table (a view, a partitioned or a foreign table)',
    });
  const id = table.columns.find((column) => column.name === 'id');
  const isUsable = id !== undefined && id.isPrimaryKey && (id.typeOid === UUID_OID || isTextOid(id.typeOid));
  if (!isUsable) {
    violations.push({
      pointer: '/name',
      detail: 'is a table without a usable id: it needs a primary key of one column named id, of type uuid or text',
    });
  }
};
