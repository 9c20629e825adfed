import { Failure, type FileRequest, type StoredFile } from '@nightshift/contracts';
import { inTransaction } from '../database/transaction.ts';
import type { FileDeps } from './answer-file-request.ts';
import { FILES_CHANGED } from './files-changed.ts';
import { fileOfRow, findFile, storedFile } from './find-file.ts';

type Request<Action extends FileRequest['action']> = Extract<FileRequest, { action: Action }>;

/** The longest that an upload may take. Then its gateway is taken for dead, and its content is removed. */
const UPLOAD_MS = 24 * 60 * 60_000;

/**
 * Notes an upload before the first byte of it is stored. An earlier attempt at the same one loses its place, and its content.
 * @returns the file if an earlier attempt has been completed
 */
export const beginUpload = async (
  { pool, onDue }: FileDeps,
  { id, storageKey, name, contentType, createdBy }: Request<'begin'>,
): Promise<StoredFile | null> => {
  const known = await inTransaction(pool, async (client) => {
    const file = await findFile(client, id);
    if (file !== undefined) return file;
    await client.query(
      `INSERT INTO nightshift_data.content_to_erase (storage_key)
       SELECT storage_key FROM nightshift_data.file_uploads WHERE id = $1 FOR UPDATE`,
      [id],
    );
    await client.query(
      `INSERT INTO nightshift_data.file_uploads (id, storage_key, name, content_type, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 ms')
       ON CONFLICT (id) DO UPDATE SET storage_key = excluded.storage_key, name = excluded.name,
         content_type = excluded.content_type, created_by = excluded.created_by, expires_at = excluded.expires_at`,
      [id, storageKey, name, contentType, createdBy === undefined ? null : JSON.stringify(createdBy), UPLOAD_MS],
    );
    return null;
  });
  if (known === null) onDue(UPLOAD_MS);
  return known;
};

/** The upload becomes a file. A repeat gets the same answer. @throws Failure `file.superseded` */
export const completeUpload = async (
  { pool, graceMs, onDue }: FileDeps,
  { id, storageKey, size, sha256 }: Request<'complete'>,
): Promise<StoredFile> => {
  const { rows } = await pool.query<{ file: string }>(
    `WITH upload AS (DELETE FROM nightshift_data.file_uploads WHERE id = $1 AND storage_key = $2 RETURNING *),
     f AS (
       INSERT INTO nightshift_data.files (id, name, content_type, size, sha256, storage_key, created_by, check_at)
       SELECT id, name, content_type, $3, $4, storage_key, created_by, now() + $5 * interval '1 ms' FROM upload
       RETURNING *)
     SELECT ${storedFile} FROM f`,
    [id, storageKey, size, sha256, graceMs],
  );
  if (rows[0] !== undefined) {
    onDue(graceMs);
    return fileOfRow(rows[0]);
  }
  const file = await findFile(pool, id);
  if (file?.storageKey === storageKey) return file;
  throw new Failure('file.superseded');
};

/** Gives an upload up. Its content is removed even if the upload is not known any more: who stored it says so. */
export const abandonUpload = async ({ pool }: FileDeps, { id, storageKey }: Request<'abandon'>): Promise<void> => {
  await pool.query(
    `WITH upload AS (DELETE FROM nightshift_data.file_uploads WHERE id = $1 AND storage_key = $2),
     content AS (
       INSERT INTO nightshift_data.content_to_erase (storage_key)
       SELECT $2 WHERE NOT EXISTS (SELECT FROM nightshift_data.files WHERE id = $1 AND storage_key = $2))
     SELECT pg_notify('${FILES_CHANGED}', '')`,
    [id, storageKey],
  );
};
