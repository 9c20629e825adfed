import { builtInFields, fieldKinds, type Field, type FieldKind, type PrivacyRule } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';
import type { Column } from '../values/column.ts';
import { kindOfOid } from '../values/kind-of-oid.ts';
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
  sqlType: string;
  notNull: boolean;
  hasDefault: boolean;
  isGenerated: boolean;
  refersTo: string | null;
  unique: boolean;
}

/** Columns of the table `c`, in order, as one JSON text. Reads Postgres' catalogs through their keys. */
const columnsOfTable = `
  SELECT json_agg(json_build_object(
    'name', a.attname, 'oid', a.atttypid::int8, 'sqlType', format_type(a.atttypid, -1), 'notNull', a.attnotnull,
    'hasDefault', a.atthasdef OR a.attidentity <> '', 'isGenerated', a.attgenerated <> '' OR a.attidentity = 'a',
    'refersTo', (
      SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] ORDER BY k.conname LIMIT 1),
    'unique', EXISTS (
      SELECT FROM pg_index i
      WHERE i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary AND i.indpred IS NULL AND i.indkey::text = a.attnum::text)
  ) ORDER BY a.attnum)
  FROM pg_attribute a
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
  const isBuiltIn = (name: string): boolean => name === 'id' || (!attached && Object.hasOwn(builtInFields, name));
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
  const kind = row.refersTo === null ? kindOfOid(row.oid) : 'reference';
  const field = known !== undefined && known.kind in fieldKinds && known.kind === kind ? known : fieldOf(row, kind);
  return {
    name: row.name,
    kind,
    field,
    typeOid: row.oid,
    sqlType: row.sqlType,
    isNullable: !row.notNull,
    hasDefault: row.hasDefault,
    isGenerated: row.isGenerated,
    ...(row.refersTo !== null && { refersTo: row.refersTo }),
  };
};

/** What a column says of itself. */
const fieldOf = (row: ColumnRow, kind: FieldKind): Field => ({
  kind,
  ...(row.notNull && !row.hasDefault && { required: true }),
  ...(row.unique && { unique: true }),
  ...(row.refersTo !== null && { type: row.refersTo }),
});
