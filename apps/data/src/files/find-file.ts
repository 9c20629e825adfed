import type { StoredFile } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';

/** A row of `nightshift_data.files`, called `f`, as JSON. */
export const storedFile = `json_build_object(
  'id', f.id, 'name', f.name, 'contentType', f.content_type, 'size', f.size, 'sha256', f.sha256, 'storageKey', f.storage_key,
  'createdAt', f.created_at, 'createdBy', f.created_by, 'expiresAt', CASE WHEN f.was_used THEN NULL ELSE f.check_at END)::text AS file`;

/** The file of a row that `storedFile` has made. */
export const fileOfRow = ({ file }: { file: string }): StoredFile => {
  const { createdAt, createdBy, expiresAt, ...rest } = JSON.parse(file) as StoredFile & { createdBy: unknown };
  return {
    ...rest,
    createdAt: new Date(createdAt).toISOString(),
    ...(createdBy !== null && { createdBy }),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
};

export const findFile = async (db: Queryable, id: string): Promise<StoredFile | undefined> => {
  const { rows } = await db.query<{ file: string }>(
    `SELECT ${storedFile} FROM nightshift_data.files f WHERE f.id = $1`,
    [id],
  );
  return rows[0] && fileOfRow(rows[0]);
};
