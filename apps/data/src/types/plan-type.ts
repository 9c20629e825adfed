import { Failure, fieldKinds, type DeclareType, type Field, type Violation } from '@nightshift/contracts';
import { PUBLICATION, TRUNCATE_TRIGGER } from '../database/grounds.ts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';
import { isTextOid, UUID_OID } from '../values/kind-of-oid.ts';
import { toParameter } from '../values/to-parameter.ts';
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
    columnDefinition(name, field, before, violations, declared.name),
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
        ...columns,
      ].join(', ')})`,
      ...Object.entries(fields)
        .filter(([, field]) => field.indexed === true && field.unique !== true)
        .map(([name, field]) => createIndex(declared.name, name, field)),
      `CREATE TRIGGER nightshift_touch BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION nightshift_data.touch()`,
      tellTruncate(declared.name),
      `ALTER TABLE ${table} REPLICA IDENTITY FULL`,
      `ALTER PUBLICATION ${PUBLICATION} ADD TABLE ${table}`,
    ],
  };
};

const columnDefinition = (
  name: string,
  field: Field,
  before: Before,
  violations: Violation[],
  self: string,
): string => {
  let type: string = fieldKinds[field.kind];
  let reference = '';
  if (field.kind === 'reference' && field.type !== undefined) {
    const target = field.type === self && before.table === undefined ? 'uuid' : before.targets.get(field.type);
    if (target === undefined) {
      violations.push({ pointer: `/fields/${name}/type`, detail: `there is no type ${field.type}` });
    }
    type = target ?? 'uuid';
    reference = ` REFERENCES ${quoteTable(field.type)} ("id")`;
  }
  return [
    `${quoteName(name)} ${type}`,
    field.required === true ? ' NOT NULL' : '',
    hasDefault(field) ? ` DEFAULT ${defaultLiteral(field)}` : '',
    field.unique === true ? ' UNIQUE' : '',
    reference,
  ].join('');
};

const addColumn = (type: string, name: string, field: Field, before: Before, violations: Violation[]): string[] => [
  `ALTER TABLE ${quoteTable(type)} ADD COLUMN ${columnDefinition(name, field, before, violations, type)}`,
  ...(field.indexed === true && field.unique !== true ? [createIndex(type, name, field)] : []),
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
  const needsIndex = field.indexed === true && field.unique !== true;
  if (needsIndex && column.plainIndex === null) statements.push(createIndex(type, column.name, field));
  if (!needsIndex && column.plainIndex !== null) statements.push(`DROP INDEX public.${quoteName(column.plainIndex)}`);
  return statements;
};

const createIndex = (type: string, name: string, field: Field): string =>
  `CREATE INDEX ON ${quoteTable(type)} ${field.kind === 'json' ? 'USING gin ' : ''}(${quoteName(name)})`;

const hasDefault = (field: Field): boolean => field.default !== undefined && field.default !== null;

const defaultLiteral = (field: Field): string => {
  const conversion = toParameter({ kind: field.kind, typeOid: 0 }, field.default);
  if ('problem' in conversion || conversion.parameter === null) throw new TypeError('the default was not checked');
  return quoteText(conversion.parameter);
};

const kindConflict = (column: TableColumn, field: Field): string | undefined => {
  const declared = field.kind === 'reference' ? `reference to ${field.type}` : field.kind;
  const existing = column.kind === 'reference' ? `reference to ${column.refersTo}` : column.kind;
  return declared === existing
    ? undefined
    : `is ${existing} (column type ${column.sqlType}) and cannot become ${declared}: the things that exist hold such values`;
};

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

const tellTruncate = (type: string): string =>
  `CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON ${quoteTable(type)} EXECUTE FUNCTION nightshift_data.tell_truncate()`;

/** A table of our own role is changed directly, another one with the rights of whoever migrated. */
const publish = (table: Table): string[] =>
  table.isOurs
    ? [
        tellTruncate(table.name),
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
