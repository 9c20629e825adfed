import { builtInFields, type Field, type FieldKind, type PrivacyRule } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';
import type { Column } from '../values/column.ts';
import { kindOfColumn, shapeOfOid } from '../values/kind-of-oid.ts';
import type { StoredType } from './stored-type.ts';

interface TypeRow {
  name: string;
  /** Null for a table that is not a type. */
  fields: string | null;
  attached: string | null;
  privacy: string;
  columns: string;
}

/** One column as the statement below describes it. */
interface ColumnRow {
  name: string;
  oid: number;
  /** Of a domain: that of what it is over, as the log has it too. */
  typeName: string;
  sqlType: string;
  /** Of what an array is of; of anything else null. */
  elementType: string | null;
  notNull: boolean;
  hasDefault: boolean;
  isGenerated: boolean;
  refersTo: string | null;
  refersToColumn: string | null;
  unique: boolean;
}

/** Columns of the table `c`, in order, as one JSON text. Reads Postgres' catalogs through their keys. */
const columnsOfTable = `
  SELECT json_agg(json_build_object(
    'name', a.attname, 'oid', a.atttypid::int8, 'typeName', coalesce(b.typname, y.typname), 'sqlType', format_type(a.atttypid, -1),
    'elementType', format_type(nullif(coalesce(b.typelem, y.typelem), 0), -1), 'notNull', a.attnotnull,
    'hasDefault', a.atthasdef OR a.attidentity <> '', 'isGenerated', a.attgenerated <> '' OR a.attidentity = 'a',
    'refersTo', (
      SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid AND f.relnamespace = c.relnamespace
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] ORDER BY k.conname LIMIT 1),
    'refersToColumn', (
      SELECT r.attname FROM pg_constraint k JOIN pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = k.confkey[1]
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] ORDER BY k.conname LIMIT 1),
    'unique', EXISTS (
      SELECT FROM pg_index i
      WHERE i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary AND i.indpred IS NULL AND i.indkey::text = a.attnum::text)
  ) ORDER BY a.attnum)
  FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = y.typbasetype AND y.typtype = 'd'
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const allTypes = `
  SELECT t.name, t.fields::text, t.attached, t.privacy::text, (${columnsOfTable})::text AS columns
  FROM nightshift_data.types t
  JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  ORDER BY t.name`;

/** Every type whose table is there, with its columns as they are now. Locks nothing. */
export const readTypes = async (db: Queryable): Promise<StoredType[]> => {
  const { rows } = await db.query<TypeRow>(allTypes);
  return rows.map(toStoredType).filter((type) => type !== undefined);
};

/** Fields are what was declared where something was, else what the column says. */
const toStoredType = (row: TypeRow): StoredType | undefined => {
  const declared = JSON.parse(row.fields ?? '{}') as Record<string, Field>;
  const attached = row.attached === 't' || row.attached === 'true';
  const columns = (JSON.parse(row.columns) as ColumnRow[]).map((column) => toColumn(column, declared));
  const byName = new Map(columns.map((column) => [column.name, column]));
  const id = byName.get('id');
  if (id === undefined) return undefined;
  // A field of that name may have been declared before it was built in.
  const isBuiltIn = (name: string): boolean =>
    name === 'id' || (!attached && Object.hasOwn(builtInFields, name) && !Object.hasOwn(declared, name));
  const fields = Object.fromEntries(columns.filter((c) => !isBuiltIn(c.name)).map((c) => [c.name, c.field]));
  return {
    name: row.name,
    attached,
    columns,
    id,
    definition: { name: row.name, fields },
    privacy: JSON.parse(row.privacy) as PrivacyRule[],
    column: (name) => byName.get(name),
  };
};

const toColumn = (row: ColumnRow, declared: Record<string, Field>): Column => {
  const known = Object.hasOwn(declared, row.name) ? declared[row.name] : undefined;
  const shape = shapeOfOid(row.oid, row.typeName);
  const { isList, elementOid } = shape;
  const kind = kindOfColumn(shape, row.refersTo, known);
  const isAsDeclared = known !== undefined && known.kind === kind && (known.list === true) === isList;
  const field = isAsDeclared ? known : fieldOf(row, kind, isList);
  const refersTo = row.refersTo ?? (kind === 'reference' ? field.type : undefined);
  return {
    name: row.name,
    kind,
    isList,
    field,
    typeOid: row.oid,
    elementOid,
    sqlType: row.sqlType,
    elementType: isList ? (row.elementType ?? row.sqlType) : row.sqlType,
    isNullable: !row.notNull,
    hasDefault: row.hasDefault,
    isGenerated: row.isGenerated,
    ...(refersTo !== undefined && { refersTo }),
    ...(row.refersToColumn !== null && { refersToColumn: row.refersToColumn }),
  };
};

/** What a column says of itself. */
const fieldOf = (row: ColumnRow, kind: FieldKind, isList: boolean): Field => ({
  kind,
  ...(isList && { list: true }),
  ...(row.notNull && !row.hasDefault && { required: true }),
  ...(row.unique && { unique: true }),
  ...(row.refersTo !== null && { type: row.refersTo }),
});
