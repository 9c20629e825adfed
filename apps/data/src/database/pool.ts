import pg from 'pg';
import { session } from './session.ts';

export interface PoolOptions {
  url: string;
  /** Each is a Postgres process; beyond what the disk can commit at once, more only queue there instead of here. */
  connections: number;
  /** A statement that takes longer is cancelled by Postgres. */
  statementTimeoutMs: number;
  onError: (error: Error) => void;
}

/** Connections whose rows hold texts as Postgres writes them; `values/from-text.ts` reads those. */
export const makePool = ({ url, connections, statementTimeoutMs, onError }: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'nightshift data',
    max: connections,
    // Longer than a restart of Postgres would hide; shorter would refuse while a burst is being worked off.
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `${session} -c statement_timeout=${statementTimeoutMs}`,
    types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig,
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', onError);
  // One that breaks while it is lent out fails the statements on it; the pool does not listen to it meanwhile.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
};
