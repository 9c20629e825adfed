import type pg from 'pg';
import { TYPES_CHANGED } from '../catalog/watch-types.ts';
import { DATA_ROLE } from '../database/grounds.ts';
import { inTransaction } from '../database/transaction.ts';
import { typeFailure } from './type-failure.ts';

/** Serialises changes of types, so that each plans on what the one before it has done. */
const TYPES_LOCK = 4_711_003;

/** An index of a large table takes long to build; waiting long for a lock would hold up everybody who comes after. */
const PATIENCE = `SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '5s'`;

/**
 * Runs the work in one transaction with the rights of the data service's role, one after the other in all replicas, and tells all of them. A dry
 * run waits for nobody, and whatever it does is undone.
 * @throws Failure what the work throws, or what Postgres' refusal means
 */
export type ChangeTypes = <T>(
  type: string,
  work: (client: pg.PoolClient) => Promise<T>,
  options?: { isDryRun?: boolean },
) => Promise<T>;

export const makeChangeTypes =
  (pool: pg.Pool): ChangeTypes =>
  async (type, work, { isDryRun = false } = {}) =>
    inTransaction(pool, async (client) => {
      // Whatever login the service has: what it makes belongs to the role, so that every replica and login can change it.
      await client.query(`SET LOCAL ROLE ${DATA_ROLE}`);
      await client.query(PATIENCE);
      if (isDryRun) {
        await client.query('SET TRANSACTION READ ONLY');
        return work(client);
      }
      await client.query('SELECT pg_advisory_xact_lock($1)', [TYPES_LOCK]);
      const result = await work(client);
      await client.query(`NOTIFY ${TYPES_CHANGED}`);
      return result;
    }).catch((error: unknown) => {
      throw typeFailure(type, error);
    });
