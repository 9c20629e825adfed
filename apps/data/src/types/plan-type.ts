import { Failure, type DeclareType, type Field, type FieldKind, type Violation } from '@nightshift/contracts';
import { PUBLICATION } from '../database/grounds.ts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';
import { isTextOid, kindOfColumn, UUID_OID } from '../values/kind-of-oid.ts';
import { columnDefinition, createIndex, defaultLiteral, hasDefault, needsIndex, optionsRule } from './column-sql.ts';
import type { Table, TableColumn } from './read-table.ts';

/** What is there before the declaration. */
export interface Before {
  /** The table of that name, whoever made it. */
  table: Table | undefined;
  /** What the catalog says, if it is a type already. */
  known: { attached: boolean; fields: Record<string, Field> } | undefined;
  /** The types that fields refer to, by name, with the SQL type of their id. */
  targets: ReadonlyMap<string, string>;
  /** The SQL that makes a new id. */
  newId: 'uuidv7()' | 'gen_random_uuid()';
}

export interface TypePlan {
  statements: string[];
  attached: boolean;
  /** What the catalog is to say: what was declared before and now. */
  fields: Record<string, Field>;
}

/**
 * What has to be done so that the type is as declared. Adds; changes requiredness, uniqueness, index and default of fields of our
 * own tables; never touches existing columns of attached tables; never drops or retypes a column.
 * @throws Failure `type.in_conflict` or `type.invalid`, with every violation
 */
export const planType = (declared: DeclareType, before: Before): TypePlan => {
  const { table, known } = before;
  const violations: Violation[] = [];
  const attached = known?.attached ?? table !== undefined;
  if (table === undefined) return createTable(declared, before, violations);
  checkTable(table, attached && known === undefined, violations);
  const statements: string[] = [];
  for (const [name, field] of Object.entries(declared.fields)) {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      statements.push(...addColumn(declared.name, name, field, before, violations));
      continue;
    }
    const conflict = kindConflict(column, field);
    if (conflict !== undefined) violations.push({ pointer: `/fields/${name}/kind`, detail: conflict });
    else if (!attached) statements.push(...alterColumn(declared.name, column, field));
  }
  refuse(violations);
  if (!table.isPublished) statements.push(...publish(table));
  return { statements, attached, fields: { ...known?.fields, ...declared.fields } };
};

const createTable = (declared: DeclareType, before: Before, violations: Violation[]): TypePlan => {
  const table = quoteTable(declared.name);
  const fields = { ...before.known?.fields, ...declared.fields };
  const columns = Object.entries(fields).map(([name, field]) =>
    defineColumn(name, field, before, violations, declared.name),
  );
  refuse(violations);
  return {
    attached: false,
    fields,
    statements: [
      `CREATE TABLE ${table} (${[
        `"id" uuid PRIMARY KEY DEFAULT ${before.newId}`,
        `"createdAt" timestamptz NOT NULL DEFAULT now()`,
        `"updatedAt" timestamptz NOT NULL DEFAULT now()`,
        `"createdBy" text`,
        ...columns,
      ].join(', ')})`,
      ...Object.entries(fields)
        .filter(([, field]) => needsIndex(field))
        .map(([name, field]) => createIndex(declared.name, name, field)),
      `CREATE TRIGGER nightshift_touch BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION nightshift_data.touch()`,
      `ALTER TABLE ${table} REPLICA IDENTITY FULL`,
      `ALTER PUBLICATION ${PUBLICATION} ADD TABLE ${table}`,
    ],
  };
};

const defineColumn = (name: string, field: Field, before: Before, violations: Violation[], self: string): string => {
  if (field.kind !== 'reference' || field.type === undefined) return columnDefinition(name, field);
  const target = field.type === self && before.table === undefined ? 'uuid' : before.targets.get(field.type);
  if (target === undefined)
    violations.push({ pointer: `/fields/${name}/type`, detail: `there is no type ${field.type}` });
  return columnDefinition(name, field, target);
};

const addColumn = (type: string, name: string, field: Field, before: Before, violations: Violation[]): string[] => [
  `ALTER TABLE ${quoteTable(type)} ADD COLUMN ${defineColumn(name, field, before, violations, type)}`,
  ...(needsIndex(field) ? [createIndex(type, name, field)] : []),
];

const alterColumn = (type: string, column: TableColumn, field: Field): string[] => {
  const alter = `ALTER TABLE ${quoteTable(type)}`;
  const name = quoteName(column.name);
  const statements: string[] = [];
  const isRequired = field.required === true;
  if (isRequired !== column.notNull)
    statements.push(`${alter} ALTER COLUMN ${name} ${isRequired ? 'SET' : 'DROP'} NOT NULL`);
  if (hasDefault(field)) statements.push(`${alter} ALTER COLUMN ${name} SET DEFAULT ${defaultLiteral(field)}`);
  else if (column.hasDefault) statements.push(`${alter} ALTER COLUMN ${name} DROP DEFAULT`);
  if (field.unique === true && column.uniqueConstraint === null) statements.push(`${alter} ADD UNIQUE (${name})`);
  if (field.unique !== true && column.uniqueConstraint !== null) {
    statements.push(`${alter} DROP CONSTRAINT ${quoteName(column.uniqueConstraint)}`);
  }
  if (needsIndex(field) && column.plainIndex === null) statements.push(createIndex(type, column.name, field));
  if (!needsIndex(field) && column.plainIndex !== null)
    statements.push(`DROP INDEX public.${quoteName(column.plainIndex)}`);
  if (field.kind === 'option') {
    // What holds already is only checked again, and only options of the new list can come in meanwhile.
    if (column.optionsRule !== null) statements.push(`${alter} DROP CONSTRAINT ${quoteName(column.optionsRule)}`);
    statements.push(`${alter} ADD ${optionsRule(column.name, field)}`);
  }
  return statements;
};

const kindConflict = (column: TableColumn, field: Field): string | undefined => {
  const declared = describeKind(field.kind, field.list === true, field.type);
  const kind = kindOfColumn(column.shape, column.refersTo, field);
  const refersTo = column.refersTo ?? (kind === 'reference' ? field.type : undefined);
  const existing = describeKind(kind, column.shape.isList, refersTo);
  return declared === existing
    ? undefined
    : `is ${existing} (column type ${column.sqlType}) and cannot become ${declared}: the things that exist hold such values`;
};

const describeKind = (kind: FieldKind, isList: boolean, refersTo: string | undefined): string =>
  `${isList ? 'list of ' : ''}${kind === 'reference' ? `reference to ${refersTo}` : kind}`;

const checkTable = (table: Table, isNew: boolean, violations: Violation[]): void => {
  if (!isNew) return;
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

/** A table of our own role is changed directly, another one with the rights of whoever migrated. */
const publish = (table: Table): string[] =>
  table.isOurs
    ? [
        `ALTER TABLE ${quoteTable(table.name)} REPLICA IDENTITY FULL`,
        `ALTER PUBLICATION ${PUBLICATION} ADD TABLE ${quoteTable(table.name)}`,
      ]
    : [`SELECT nightshift_data.adopt(${quoteText(table.name)})`];

const refuse = (errors: Violation[]): void => {
  if (errors.length === 0) return;
  throw new Failure('type.in_conflict', {
    detail: errors
      .map((violation) => `${violation.pointer.split('/')[2] ?? 'The table'} ${violation.detail}`)
      .join('; '),
    errors,
  });
};
