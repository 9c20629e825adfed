import type { Database } from '../database.ts';

/** Log that Postgres keeps for a replication slot of Nightshift. */
export interface RetainedLog extends Record<string, unknown> {
  slot: string;
  bytes: number;
}

/** Reads what every role may read of the slots of this database. Locks nothing. */
const statement = `
  SELECT slot_name AS slot, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::float8 AS bytes
  FROM pg_replication_slots WHERE database = current_database() AND plugin = 'pgoutput' AND slot_name LIKE 'nightshift%'`;

export const readRetainedLog = (database: Database): Promise<RetainedLog[]> =>
  database.query<RetainedLog>('retained-log', statement);
