import { Failure, type DataAnswer, type DataRequest, type TransactionRequest } from '@nightshift/contracts';
import type pg from 'pg';
import { checkDataRequest } from '../answer-data-request.ts';
import { isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { Queryable } from '../database/queryable.ts';
import { guardedFailure } from '../privacy/guarded-failure.ts';
import { ANSWER_MAX_BYTES } from '../things/answer-max-bytes.ts';
import { thingFailure } from '../things/thing-failure.ts';
import { makeTurns } from '../turns.ts';

export interface OpenTransactionDeps {
  /** On which it has begun. Given back when it ends. */
  connection: pg.PoolClient;
  /** Runs a statement on it, after those before. */
  query: (text: string, values?: unknown[]) => Promise<unknown>;
  /** For looking up what an error means. */
  db: Queryable;
  key: string;
  idleMs: number;
  answer: (request: DataRequest) => Promise<DataAnswer>;
  /** Called once. `lost`: whoever asks next has not been told yet. */
  onEnd: (end: 'committed' | 'rolled back' | 'lost') => void;
}

/** One transaction, from its beginning on. */
export interface OpenTransaction {
  /**
   * Answers requests one after the other, in the order in which they come. The first that fails ends the transaction.
   * @throws Failure `transaction.lost` for whatever comes after the end, except a rollback; what the request is refused with
   */
  ask(input: unknown): Promise<DataAnswer>;
  /** Ends it at once, even in the middle of a statement, by giving up the connection. */
  abandon(): void;
}

/**
 * A transaction is open until it is committed, rolled back, or lost: by a request that fails, by hearing nothing for `idleMs`, with its
 * connection, or with this process. All but the first undo everything. The answers are kept under the key in the transaction
 * itself, so whoever does not hear of the commit begins again with the same key and gets them.
 */
export const openTransaction = ({
  connection,
  query,
  db,
  key,
  idleMs,
  answer,
  onEnd,
}: OpenTransactionDeps): OpenTransaction => {
  const inTurn = makeTurns();
  const answers: string[] = [];
  /** A user has a part in it, who must not learn from its refusal what he may not see. */
  let isGuarded = false;
  let answersBytes = 0;
  let isOpen = true;
  let idle: NodeJS.Timeout;

  const end = (how: Parameters<typeof onEnd>[0], isBroken: boolean): void => {
    isOpen = false;
    clearTimeout(idle);
    connection.off('error', abandon);
    connection.release(isBroken);
    onEnd(how);
  };
  // A connection that breaks while nothing runs on it says so here only.
  const abandon = (): void => {
    if (isOpen) end('lost', true);
  };
  const rollBack = async (how: 'rolled back' | 'lost'): Promise<void> => {
    if (!isOpen) return;
    const isRolledBack = await query('ROLLBACK').then(
      () => true,
      () => false,
    );
    if (isOpen) end(how, !isRolledBack);
  };
  const waitForMore = (): void => {
    idle = setTimeout(() => void inTurn(() => rollBack('lost')), idleMs);
  };

  const keep = (kept: DataAnswer): void => {
    const text = JSON.stringify(kept);
    answersBytes += Buffer.byteLength(text) + 1;
    if (answersBytes > ANSWER_MAX_BYTES) {
      throw new Failure('http.too_large', {
        detail: 'The answers of the transaction are together more than one message can carry.',
      });
    }
    answers.push(text);
  };
  const commit = async (): Promise<void> => {
    try {
      await query('INSERT INTO nightshift_data.applied (key, answer) VALUES ($1, $2)', [key, `[${answers.join(',')}]`]);
      await query('COMMIT');
    } catch (error) {
      if (isPostgresError(error) && error.code === sqlState.unique && error.table === 'applied') {
        throw new Failure('transaction.lost', {
          detail: 'Another transaction of the same key was committed first.',
          cause: error,
        });
      }
      // Constraints that are deferred are checked only now.
      const type = (isPostgresError(error) && error.table) || '';
      const guarded = isGuarded ? guardedFailure(type, error) : undefined;
      throw guarded ?? (await thingFailure(db, type, error));
    }
    if (isOpen) end('committed', false);
  };

  const perform = async (input: unknown): Promise<DataAnswer> => {
    const action = actionOf(input);
    if (action === 'rollback') {
      await rollBack('rolled back');
      return null;
    }
    if (!isOpen) throw new Failure('transaction.lost');
    try {
      if (action === 'commit') {
        await commit();
        return null;
      }
      const request = checkInner(input);
      isGuarded ||= request.as !== undefined && request.as.ignorePrivacy !== true;
      const answered = await answer(request);
      keep(answered);
      if (isOpen) waitForMore();
      return answered;
    } catch (error) {
      await rollBack('lost');
      throw error;
    }
  };

  connection.on('error', abandon);
  waitForMore();
  return {
    ask: (input) =>
      inTurn(() => {
        clearTimeout(idle);
        return perform(input);
      }),
    abandon,
  };
};

const actionOf = (input: unknown): TransactionRequest['action'] | undefined =>
  (input as TransactionRequest | null | undefined)?.action;

/** @throws Failure `request.invalid` */
const checkInner = (input: unknown): DataRequest => {
  const request = checkDataRequest(input);
  const own = (['key', 'origin'] as const).filter((name) => name in request);
  if (own.length === 0) return request;
  throw new Failure('request.invalid', {
    errors: own.map((name) => ({ pointer: `/${name}`, detail: 'belongs to the transaction, not to a request in it' })),
  });
};
