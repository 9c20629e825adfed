import { Failure } from '@nightshift/contracts';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { RecurrenceEntity } from './entities/recurrence.entity.ts';
import { RunEntity } from './entities/run.entity.ts';
import { WorkflowEntity, WorkflowVersionEntity } from './entities/workflow.entity.ts';
import { isTransient, PLAN_ONCE } from './group-commit.ts';

/** Reads, and the transactions that are not appends, on one pool of connections. Entities are for plain reads. */
export interface Database {
  source: DataSource;
  /** Runs a prepared statement. @throws Failure `ledger.unavailable` when Postgres is away */
  query<Row extends pg.QueryResultRow>(name: string, text: string, values?: unknown[]): Promise<Row[]>;
  /** Runs the work in one transaction; an error rolls it back. @throws Failure `ledger.unavailable` when Postgres is away */
  transaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T>;
  /** Runs entity reads. @throws Failure `ledger.unavailable` when Postgres is away */
  read<T>(work: (source: DataSource) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export const openDatabase = async (url: string, applicationName: string, connections: number): Promise<Database> => {
  const source = new DataSource({
    type: 'postgres',
    url,
    applicationName,
    entities: [RunEntity, WorkflowEntity, WorkflowVersionEntity, RecurrenceEntity],
    // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
    poolErrorHandler: () => {},
    extra: { max: connections, keepAlive: true, options: PLAN_ONCE },
  });
  await source.initialize();
  const pool = (source.driver as unknown as { master: pg.Pool }).master;

  const unavailable = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isTransient(error) ? new Failure('ledger.unavailable', { cause: error }) : error;
    }
  };

  return {
    source,
    query: <Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[] = []) =>
      unavailable(async () => (await pool.query<Row>({ name, text, values })).rows),
    transaction: (work) =>
      unavailable(async () => {
        const client = await pool.connect();
        client.on('error', brokeInUse);
        try {
          await client.query('BEGIN');
          const result = await work(client);
          await client.query('COMMIT');
          client.off('error', brokeInUse);
          client.release();
          return result;
        } catch (error) {
          // A broken connection cannot roll back, and need not: it is thrown away.
          const isBroken = await client.query('ROLLBACK').then(
            () => false,
            () => true,
          );
          if (!isBroken) client.off('error', brokeInUse);
          client.release(isBroken);
          throw error;
        }
      }),
    read: (work) => unavailable(() => work(source)),
    close: () => source.destroy(),
  };
};

/** A connection that breaks in a transaction fails the next query on it; the pool does not listen to it while it is out. */
const brokeInUse = (): void => {};
