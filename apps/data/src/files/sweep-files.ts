import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';

/** What the gateways are asked to delete. @returns the keys whose content is gone; rejected if nobody answers */
export type EraseContent = (storageKeys: string[]) => Promise<string[]>;

/** How many are in hand at a time: what another replica leaves out meanwhile, and what a death repeats. */
const BATCH = 100;

/** The longest pause between attempts at a content, in seconds. */
const LONGEST_PAUSE_S = 3600;

type Pool = Pick<pg.Pool, 'connect' | 'query'> & pg.Pool;

/** Uploads that were neither completed nor given up: their content is to go. */
export const expireUploads = async (pool: Pool): Promise<boolean> => {
  const { rowCount } = await pool.query(
    `WITH expired AS (
       DELETE FROM nightshift_data.file_uploads WHERE id IN (
         SELECT id FROM nightshift_data.file_uploads WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING storage_key)
     INSERT INTO nightshift_data.content_to_erase (storage_key) SELECT storage_key FROM expired`,
    [BATCH],
  );
  return rowCount === BATCH;
};

/** Files that nothing referred to when they were uploaded, and, rarely, all others. */
export const checkFiles = (pool: Pool): Promise<boolean> =>
  inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM nightshift_data.files WHERE check_at <= now() ORDER BY check_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    if (rows.length > 0) {
      await client.query('SELECT nightshift_data.settle_files($1::uuid[])', [rows.map(({ id }) => id)]);
    }
    return rows.length === BATCH;
  });

/**
 * Files that fields have let go of.
 * @returns whether there may be more, and whether some are to be asked about again soon
 */
export const settleLetGo = (pool: Pool): Promise<{ isMore: boolean; isBusy: boolean }> =>
  inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `DELETE FROM nightshift_data.files_let_go WHERE seq IN (
         SELECT seq FROM nightshift_data.files_let_go ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING file_id AS id`,
      [BATCH],
    );
    if (rows.length === 0) return { isMore: false, isBusy: false };
    const ids = [...new Set(rows.map(({ id }) => id))].sort();
    const { rowCount } = await client.query(
      `INSERT INTO nightshift_data.files_let_go (file_id) SELECT unnest(nightshift_data.settle_files($1::uuid[]))`,
      [ids],
    );
    const isBusy = rowCount !== 0;
    // Those that are busy are at the end now, and would come round again and again.
    return { isMore: rows.length === BATCH && !isBusy, isBusy };
  });

export interface Erased {
  isMore: boolean;
  erased: number;
  failed: number;
  cause?: unknown;
}

/** Content that is no file any more. It is asked for before the entry goes: a death in between repeats it, which does no harm. */
export const eraseContent = (pool: Pool, erase: EraseContent): Promise<Erased> =>
  inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ seq: string; key: string }>(
      `SELECT seq, storage_key AS key FROM nightshift_data.content_to_erase WHERE try_at <= now()
       ORDER BY try_at, seq LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    if (rows.length === 0) return { isMore: false, erased: 0, failed: 0 };
    let gone: Set<string>;
    let cause: unknown;
    try {
      gone = new Set(await erase(rows.map(({ key }) => key)));
    } catch (error) {
      gone = new Set();
      cause = error;
    }
    const seqsOf = (isGone: boolean): string[] =>
      rows.filter(({ key }) => gone.has(key) === isGone).map(({ seq }) => seq);
    const left = seqsOf(false);
    await client.query('DELETE FROM nightshift_data.content_to_erase WHERE seq = ANY ($1::bigint[])', [seqsOf(true)]);
    if (left.length > 0) {
      await client.query(
        `UPDATE nightshift_data.content_to_erase
         SET attempts = attempts + 1, try_at = now() + least(2 ^ least(attempts, 20), $2) * interval '1 second'
         WHERE seq = ANY ($1::bigint[])`,
        [left, LONGEST_PAUSE_S],
      );
    }
    return { isMore: rows.length === BATCH, erased: rows.length - left.length, failed: left.length, cause };
  });

/** When something is due next, in milliseconds from now; undefined if nothing is. */
export const nextDueMs = async (pool: Pool): Promise<number | undefined> => {
  const { rows } = await pool.query<{ ms: string | null }>(
    `SELECT extract(epoch FROM least(
       (SELECT min(expires_at) FROM nightshift_data.file_uploads),
       (SELECT min(check_at) FROM nightshift_data.files),
       (SELECT min(try_at) FROM nightshift_data.content_to_erase)) - now()) * 1000 AS ms`,
  );
  return rows[0]?.ms === null || rows[0] === undefined ? undefined : Number(rows[0].ms);
};
