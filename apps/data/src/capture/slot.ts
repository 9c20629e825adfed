import pg from 'pg';
import type { Queryable } from '../database/queryable.ts';
import type { LogPosition } from './log-position.ts';

export interface SlotState {
  isActive: boolean;
  /** Postgres has thrown away log that the slot still needed (`max_slot_wal_keep_size`): those changes are gone. */
  isLost: boolean;
  confirmed: LogPosition;
  /** How far the slot's confirmed position is behind the log. */
  lagBytes: number;
  /** Log that is kept on disk because of the slot. */
  retainedBytes: number;
}

const state = `
  SELECT s.active AS is_active, s.wal_status = 'lost' AS is_lost, s.database = current_database() AS is_here, s.database,
    coalesce(s.confirmed_flush_lsn - '0/0'::pg_lsn, 0) AS confirmed,
    pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn) AS lag,
    coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0) AS retained
  FROM pg_replication_slots s WHERE s.slot_name = $1`;

type StateRow = Record<'is_active' | 'is_lost' | 'is_here' | 'database' | 'confirmed' | 'lag' | 'retained', string>;

/** The slot as it is, or undefined when there is none. @throws Error when the name belongs to another database */
export const readSlot = async (db: Queryable, slot: string): Promise<SlotState | undefined> => {
  const { rows } = await db.query<StateRow>(state, [slot]);
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.is_here !== 't') {
    throw new Error(
      `the replication slot ${slot} belongs to the database ${row.database}: set NIGHTSHIFT_SLOT to another name`,
    );
  }
  return {
    isActive: row.is_active === 't',
    isLost: row.is_lost === 't',
    confirmed: Number(row.confirmed),
    lagBytes: Number(row.lag ?? 0),
    retainedBytes: Number(row.retained),
  };
};

/**
 * From the log's end on; changes before that are not captured. Survives a failover of Postgres. Waits for transactions that are open, so on
 * a connection of its own, without a bound on the time.
 */
export const createSlot = async (url: string, slot: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'nightshift change capture',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('SET statement_timeout = 0');
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput', failover => true)`, [slot]);
  } finally {
    await client.end().catch(() => {});
  }
};

export const dropSlot = async (db: Queryable, slot: string): Promise<void> => {
  await db.query('SELECT pg_drop_replication_slot($1)', [slot]);
};

/** Ends the connection that still holds the slot. Only the leader asks, so it is the one of a predecessor. */
export const freeSlot = async (db: Queryable, slot: string): Promise<void> => {
  await db.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active', [
    slot,
  ]);
};
