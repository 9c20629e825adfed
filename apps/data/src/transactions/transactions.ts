import { randomUUID } from 'node:crypto';
import {
  BeginTransactionSchema,
  compileSchema,
  Failure,
  TRANSACTION_IDLE_MS,
  type BegunTransaction,
  type DataAnswer,
  type DataRequest,
  type Origin,
} from '@nightshift/contracts';
import type pg from 'pg';
import { isAway } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import type { Workplace } from '../things/apply-change.ts';
import { readKeptAnswer } from '../things/kept-answer.ts';
import { makeTurns } from '../turns.ts';
import { openTransaction } from './open-transaction.ts';
import { makePlaces } from './places.ts';

/** Hears the requests to one transaction until it is closed. */
export type ServeTransaction = (
  transactionId: string,
  handle: (request: unknown) => Promise<DataAnswer>,
) => { close(): Promise<void> };

export interface TransactionsDeps {
  pool: pg.Pool;
  runOn: (db: pg.Pool | pg.PoolClient) => RunStatement;
  /** How many may be open at the same time. Each holds a connection. */
  most: number;
  answer: (workplace: Workplace, request: DataRequest) => Promise<DataAnswer>;
  serve: ServeTransaction;
  onApplied: Workplace['onApplied'];
  /** Called with how many are open, whenever that changes. */
  onCount: (count: number) => void;
}

/** The transactions that live in this replica. */
export interface Transactions {
  /** @throws Failure `request.invalid`, `data.unavailable` also when too many are open */
  begin(input: unknown): Promise<BegunTransaction>;
  /** Undoes what is open. Begins nothing any more. */
  close(): Promise<void>;
}

/** Shorter than anybody waits for an answer: a transaction whose asker has gone holds a connection until it is idle for too long. */
const PATIENCE_MS = 1_000;
const BEGIN_WITHIN_MS = 1_500;

const checkBegin = compileSchema(BeginTransactionSchema);

export const makeTransactions = (deps: TransactionsDeps): Transactions => {
  const { pool, runOn, most, answer, serve, onApplied, onCount } = deps;
  const places = makePlaces(most, PATIENCE_MS);
  /** What ends each of those that are still heard: open, or lost a moment ago. */
  const ends = new Set<() => Promise<void>>();
  let count = 0;
  let isClosed = false;

  const counted = (change: 1 | -1): void => onCount((count += change));

  /** @returns the connection on which a transaction has begun */
  const connect = async (origin: Origin | undefined, deadlineMs: number): Promise<pg.PoolClient> => {
    const connection = await pool.connect();
    if (performance.now() > deadlineMs) {
      connection.release();
      throw unavailable();
    }
    try {
      // Should this process stop moving, Postgres gives up what it holds.
      await connection.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${2 * TRANSACTION_IDLE_MS}`);
      if (origin !== undefined)
        await connection.query(`SELECT pg_logical_emit_message(true, 'nightshift', $1)`, [JSON.stringify(origin)]);
      if (isClosed) throw unavailable();
      return connection;
    } catch (error) {
      connection.release(true);
      throw error;
    }
  };

  const open = (connection: pg.PoolClient, key: string): string => {
    const transactionId = randomUUID();
    const inTurn = makeTurns();
    const run = runOn(connection);
    const workplace: Workplace = {
      run: (text, parameters, rules) => inTurn(() => run(text, parameters, rules)),
      db: pool,
      isTransaction: true,
      onApplied,
    };
    let farewell: NodeJS.Timeout | undefined;
    const transaction = openTransaction({
      connection,
      query: (text, values) => inTurn(() => connection.query(text, values)),
      db: pool,
      key,
      idleMs: TRANSACTION_IDLE_MS,
      answer: (request) => answer(workplace, request),
      onEnd: (how) => {
        places.free();
        counted(-1);
        if (how === 'committed') onApplied('new');
        // Who asks after a loss is to hear of it, rather than nothing.
        if (how === 'lost' && !isClosed) farewell = setTimeout(() => void stop(), TRANSACTION_IDLE_MS);
        else void stop();
      },
    });
    const service = serve(transactionId, transaction.ask);
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      clearTimeout(farewell);
      ends.delete(end);
      return (stopped ??= service.close());
    };
    const end = (): Promise<void> => {
      transaction.abandon();
      return stop();
    };
    ends.add(end);
    counted(1);
    return transactionId;
  };

  return {
    begin: async (input) => {
      const deadlineMs = performance.now() + BEGIN_WITHIN_MS;
      const checked = checkBegin(input);
      if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
      const { key, origin } = checked.value;
      try {
        const kept = await readKeptAnswer(runOn(pool), key);
        if (kept !== undefined) {
          if (!Array.isArray(kept))
            throw new Failure('request.invalid', { detail: 'The key belongs to a change outside of a transaction.' });
          onApplied('repeated');
          return { answers: kept };
        }
        if (!(await places.take())) throw unavailable();
        const connection = await connect(origin, deadlineMs).catch((error: unknown) => {
          places.free();
          throw error;
        });
        return { transactionId: open(connection, key) };
      } catch (error) {
        throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...ends].map((end) => end()));
    },
  };
};

const unavailable = (): Failure =>
  new Failure('data.unavailable', { detail: 'Too many transactions are open. Try again in a moment.' });
