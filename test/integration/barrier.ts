import { waitFor } from '@nightshift/testing';
import pg from 'pg';

/** Rows of a table that Postgres keeps waiting before it writes them, so that a test can do something just then. */
export interface Barrier {
  /** Resolves when somebody waits at it. */
  reached(): Promise<void>;
  /** Breaks the connections that wait at it: what they wanted to write is not written. */
  breakIn(): Promise<void>;
  /** Lets through who waits, and all who come later. */
  lift(): Promise<void>;
}

/** Puts a barrier before rows that fulfil `condition`, in which `new` is the row. */
export const raiseBarrier = async (databaseUrl: string, table: string, condition: string): Promise<Barrier> => {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const key = Math.floor(Math.random() * 2 ** 31);
  await client.query(`SELECT pg_advisory_lock(${key})`);
  await client.query(`
    CREATE FUNCTION barrier_${key}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF ${condition} THEN PERFORM pg_advisory_xact_lock_shared(${key}); END IF; RETURN new; END $$`);
  await client.query(
    `CREATE TRIGGER barrier_${key} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION barrier_${key}()`,
  );
  const waiting = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND NOT granted`;
  return {
    reached: async () => {
      await waitFor(async () => (await client.query(waiting)).rows.length > 0, { describe: `a row before ${table}` });
    },
    breakIn: async () => {
      await client.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS waiting`);
    },
    lift: () => client.end(),
  };
};
