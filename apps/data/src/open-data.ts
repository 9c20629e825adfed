import type { TypeDefinition } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import type pg from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import { answerDataRequest, checkDataRequest } from './answer-data-request.ts';
import { readTypes } from './catalog/read-types.ts';
import { makeTypeCatalog } from './catalog/type-catalog.ts';
import { watchTypes } from './catalog/watch-types.ts';
import type { AnswerDataRequest, DeclareTypeHandler, IsUser, ListTypes, TypePrivacyHandler } from './data.tokens.ts';
import { makePool } from './database/pool.ts';
import { makeRunStatementOn } from './database/row-statement.ts';
import { checkUserId, isUser } from './privacy/reader-of.ts';
import { makeTypePrivacy } from './privacy/type-privacy.ts';
import { keepForgetting } from './things/answer-retention.ts';
import type { Workplace } from './things/apply-change.ts';
import { makeTransactions, type ServeTransaction, type Transactions } from './transactions/transactions.ts';
import { makeDeclareType } from './types/declare-type.ts';

export interface DataOptions {
  url: string;
  connections: number;
  statementTimeoutMs: number;
  answerRetentionDays: number;
  /** What users are things of; `user` unless told. */
  userType?: string;
  /** Postgres' text search configuration; absent: `simple`. */
  searchLanguage?: string;
  registry: Registry;
  logger: Logger;
}

/** Types and things over one pool of connections. */
export interface Data {
  readonly pool: pg.Pool;
  answer: AnswerDataRequest;
  declareType: DeclareTypeHandler;
  listTypes: ListTypes;
  privacy: TypePrivacyHandler;
  isUser: IsUser;
  /** `serve` is asked to hear each transaction's requests. To be closed before the pool. */
  openTransactions(serve: ServeTransaction): Transactions;
  close(): Promise<void>;
}

export const openData = (options: DataOptions): Data => {
  const { url, connections, statementTimeoutMs, answerRetentionDays, registry, logger } = options;
  const { searchLanguage = 'simple', userType = 'user' } = options;
  const onError = (error: Error): void => logger.warn({ err: error }, 'a database connection broke');
  const pool = makePool({ url, connections, statementTimeoutMs, onError });
  const runOn = makeRunStatementOn(statementTimeoutMs);
  const run = runOn(pool);
  const catalog = makeTypeCatalog(() => readTypes(pool));
  const reload = (): void =>
    void catalog.reload().catch((error: unknown) => logger.warn({ err: error }, 'the types cannot be read'));
  const watch = watchTypes({ url, onChanged: reload });
  const retention = keepForgetting(run, answerRetentionDays, logger);
  const applied = new Counter({
    name: 'nightshift_data_applied_total',
    help: 'Changes under a key: new ones, and repeats that got the kept answer',
    labelNames: ['answer'],
    registers: [registry],
  });
  const openTransactions = new Gauge({
    name: 'nightshift_data_transactions_open',
    help: 'Transactions that hold a connection',
    registers: [registry],
  });
  const onApplied = (answer: 'new' | 'repeated'): void => applied.inc({ answer });
  const workplace: Workplace = { run, db: pool, isTransaction: false, onApplied };
  const settings = { searchLanguage, userType };
  const listTypes = async (): Promise<TypeDefinition[]> => (await catalog.all()).map((type) => type.definition);
  return {
    pool,
    answer: async (input) => answerDataRequest(catalog, workplace, checkDataRequest(input), settings),
    declareType: makeDeclareType({ pool, catalog }),
    listTypes,
    privacy: makeTypePrivacy({ pool, catalog, userType }),
    isUser: (input) => isUser(run, catalog, userType, checkUserId(input)),
    openTransactions: (serve) =>
      makeTransactions({
        pool,
        runOn,
        // The other half always serves what is asked outside of transactions.
        most: Math.max(1, Math.floor(connections / 2)),
        answer: (place, request) => answerDataRequest(catalog, place, request, settings),
        serve,
        onApplied,
        onCount: (count) => openTransactions.set(count),
      }),
    close: async () => {
      retention.close();
      await watch.close();
      await pool.end();
    },
  };
};
