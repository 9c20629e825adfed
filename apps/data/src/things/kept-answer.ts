import type { BulkResult, DataAnswer } from '@nightshift/contracts';
import type { RunStatement } from '../database/row-statement.ts';

/** A thing as texts by the names of its columns, null when there was nothing to change; what many changes or a transaction answered. */
export type KeptAnswer = Record<string, string | null> | BulkResult | DataAnswer[] | null;

/** The answer under a key: undefined when there is none. By primary key; locks nothing. */
export const readKeptAnswer = async (run: RunStatement, key: string): Promise<KeptAnswer | undefined> => {
  const [row] = await run('SELECT answer::text FROM nightshift_data.applied WHERE key = $1', [key]);
  if (row === undefined) return undefined;
  return row[0] === null ? null : (JSON.parse(row[0]!) as KeptAnswer);
};

/**
 * Forgets answers that no repeat can ask for any more, a batch at a time so that no transaction gets long. Locks the rows
 * that it deletes; finds them by the BRIN index on `at`. Answers with how many went.
 */
export const forgetAnswers = async (run: RunStatement, olderThanDays: number, most = 10_000): Promise<number> => {
  const rows = await run(
    `DELETE FROM nightshift_data.applied
     WHERE key IN (SELECT key FROM nightshift_data.applied WHERE at < now() - make_interval(days => $1::int) LIMIT $2::int FOR UPDATE SKIP LOCKED)
     RETURNING 1`,
    [olderThanDays, most],
  );
  return rows.length;
};
