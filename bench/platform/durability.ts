import type { Client } from 'pg';

/** What Postgres promises of a commit, as the running server says it. */
export interface Durability {
  fsync: string;
  synchronousCommit: string;
  fullPageWrites: string;
  walSyncMethod: string;
  postgresVersion: string;
}

/** @throws unless every commit of every login is on the disk before it is answered */
export const checkDurability = async (ledger: Client): Promise<Durability> => {
  const show = async (setting: string): Promise<string> => {
    const { rows } = await ledger.query<Record<string, string>>(`show ${setting}`);
    return Object.values(rows[0] ?? {})[0] ?? '';
  };
  const durability: Durability = {
    fsync: await show('fsync'),
    synchronousCommit: await show('synchronous_commit'),
    fullPageWrites: await show('full_page_writes'),
    walSyncMethod: await show('wal_sync_method'),
    postgresVersion: (await show('server_version')).split(' ')[0] ?? '',
  };
  const ofLogins = await ledger.query<{ setting: string }>(
    "select unnest(setconfig) as setting from pg_db_role_setting where array_to_string(setconfig, ' ') ~ 'synchronous_commit|fsync'",
  );
  const { fsync, synchronousCommit, fullPageWrites } = durability;
  if (fsync !== 'on' || synchronousCommit !== 'on' || fullPageWrites !== 'on' || ofLogins.rows.length > 0) {
    throw new Error(`Postgres would lose commits: ${JSON.stringify([durability, ...ofLogins.rows])}`);
  }
  return durability;
};
