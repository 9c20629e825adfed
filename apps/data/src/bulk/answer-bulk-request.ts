import { Failure, type DataAnswer } from '@nightshift/contracts';
import type pg from 'pg';
import { answerDataRequest, checkDataRequest, type AnswerSettings } from '../answer-data-request.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import type { Workplace } from '../things/apply-change.ts';
import type { Places } from '../transactions/places.ts';

export interface AnswerBulkRequestDeps {
  pool: pg.Pool;
  runOn: (db: pg.Pool | pg.PoolClient) => RunStatement;
  catalog: TypeCatalog;
  /** How many may be under way here: each holds a connection. */
  places: Places;
  timeoutMs: number;
  onApplied: Workplace['onApplied'];
  settings: AnswerSettings;
}

/**
 * Answers a request as `answerDataRequest` does, with as much time as a change of many things may take.
 * @throws Failure `things.timeout` when that was not enough, and nothing was done; `data.unavailable` also when too many are under way
 */
export const makeAnswerBulkRequest =
  ({ pool, runOn, catalog, places, timeoutMs, onApplied, settings }: AnswerBulkRequestDeps) =>
  async (input: unknown): Promise<DataAnswer> => {
    const request = checkDataRequest(input);
    if (!(await places.take()))
      throw new Failure('data.unavailable', { detail: 'Too many exports and changes of many things are under way.' });
    let connection: pg.PoolClient | undefined;
    let isBroken = false;
    try {
      connection = await pool.connect();
      await connection.query(`SET statement_timeout = ${timeoutMs}`);
      const workplace: Workplace = { run: runOn(connection), db: pool, isTransaction: false, onApplied };
      return await answerDataRequest(catalog, workplace, request, settings);
    } catch (error) {
      isBroken = isAway(error);
      if (!isLate(error)) throw isBroken ? new Failure('data.unavailable', { cause: error }) : error;
      throw new Failure('things.timeout', {
        detail: `Nothing was done: it took longer than ${timeoutMs / 1000} seconds (NIGHTSHIFT_BULK_TIMEOUT_MS). Choose fewer things at a time, or start a list of runs.`,
        cause: error,
      });
    } finally {
      if (connection !== undefined) {
        // Back to what the connection was opened with.
        isBroken ||= !(await connection.query('RESET statement_timeout').then(Boolean, () => false));
        connection.release(isBroken);
      }
      places.free();
    }
  };

/** Whether Postgres gave up a statement for its time. */
const isLate = (error: unknown): boolean => {
  const cause = error instanceof Failure ? error.details.cause : error;
  return isPostgresError(cause) && cause.code === sqlState.queryCancelled;
};
