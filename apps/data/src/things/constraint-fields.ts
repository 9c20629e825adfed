import type { Queryable } from '../database/queryable.ts';

/** The columns of a constraint or, where there is none of that name, of an index. Only asked after an error. Locks nothing. */
export const constraintFields = async (db: Queryable, table: string, constraint: string): Promise<string[]> => {
  const { rows } = await db.query<{ name: string }>(
    `SELECT a.attname AS name
     FROM pg_class c
     LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.conname = $2
     LEFT JOIN pg_class x ON x.relname = $2 AND x.relnamespace = c.relnamespace
     LEFT JOIN pg_index i ON i.indexrelid = x.oid AND i.indrelid = c.oid
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (coalesce(k.conkey, i.indkey::int2[]))
     WHERE c.relname = $1 AND c.relnamespace = 'public'::regnamespace
     ORDER BY a.attnum`,
    [table, constraint],
  );
  return rows.map((row) => row.name);
};
