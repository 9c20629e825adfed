import type { Queryable } from '../database/queryable.ts';
import { shapeOfOid, type OidShape } from '../values/kind-of-oid.ts';

export interface TableColumn {
  name: string;
  /** What Postgres says of it; what it is to Nightshift depends on what was declared too (`kindOfColumn`). */
  shape: OidShape;
  typeOid: number;
  sqlType: string;
  notNull: boolean;
  hasDefault: boolean;
  isPrimaryKey: boolean;
  refersTo: string | null;
  /** The unique constraint on this column alone. */
  uniqueConstraint: string | null;
  /** An index on this column alone that enforces nothing. */
  plainIndex: string | null;
  /** The rule that keeps an option to its options. */
  optionsRule: string | null;
}

/** What stands in schema `public` under a name. */
export interface Table {
  name: string;
  /** As `pg_class.relkind`: `r` is an ordinary table. */
  kind: string;
  owner: string;
  /** Whether the role of the data service owns it, or is a member of its owner. */
  isOurs: boolean;
  isPublished: boolean;
  columns: TableColumn[];
}

const statement = `
  SELECT json_build_object(
    'name', c.relname, 'kind', c.relkind, 'owner', pg_get_userbyid(c.relowner), 'isOurs', pg_has_role(current_user, c.relowner, 'USAGE'),
    'isPublished', EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = c.oid AND p.pubname = 'nightshift_changes'),
    'columns', coalesce((
      SELECT json_agg(json_build_object(
        'name', a.attname, 'typeOid', a.atttypid::int8, 'typeName', y.typname, 'sqlType', format_type(a.atttypid, -1), 'notNull', a.attnotnull, 'hasDefault', a.atthasdef,
        'isPrimaryKey', EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p' AND k.conkey = ARRAY[a.attnum]),
        'refersTo', (SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
          WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] ORDER BY k.conname LIMIT 1),
        'uniqueConstraint', (SELECT k.conname FROM pg_constraint k
          WHERE k.conrelid = c.oid AND k.contype = 'u' AND k.conkey = ARRAY[a.attnum] LIMIT 1),
        'plainIndex', (SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND NOT i.indisunique AND i.indpred IS NULL AND i.indkey::text = a.attnum::text LIMIT 1),
        'optionsRule', (SELECT k.conname FROM pg_constraint k
          WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] AND k.conname LIKE '%\_options' LIMIT 1)
      ) ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]')
  )::text AS found
  FROM pg_class c
  WHERE c.relname = $1 AND c.relnamespace = 'public'::regnamespace`;

/** What stands in schema `public` under that name, or undefined. Locks nothing. */
export const readTable = async (db: Queryable, name: string): Promise<Table | undefined> => {
  const { rows } = await db.query<{ found: string }>(statement, [name]);
  if (rows[0] === undefined) return undefined;
  const table = JSON.parse(rows[0].found) as Omit<Table, 'columns'> & {
    columns: (Omit<TableColumn, 'shape'> & { typeName: string })[];
  };
  const columns = table.columns.map(({ typeName, ...column }) => ({
    ...column,
    shape: shapeOfOid(column.typeOid, typeName),
  }));
  return { ...table, columns };
};
