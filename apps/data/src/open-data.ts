import { BULK_TIMEOUT_DEFAULT_MS, type TypeDefinition, type VersionedAnswer } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import type pg from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import { answerDataRequest, checkDataRequest } from './answer-data-request.ts';
import { openBulk, type Bulk } from './bulk/open-bulk.ts';
import { listGaps } from './capture/gaps.ts';
import { readTypes } from './catalog/read-types.ts';
import { makeTypeCatalog } from './catalog/type-catalog.ts';
import { watchTypes } from './catalog/watch-types.ts';
import type {
  AnswerDataRequest,
  DeclareTypeHandler,
  DeleteTypeHandler,
  FindUser,
  IsUser,
  ListGaps,
  ListTypes,
  PlanTypeHandler,
  TypePrivacyHandler,
} from './data.tokens.ts';
import { makePool } from './database/pool.ts';
import { makeRunStatementOn } from './database/row-statement.ts';
import { checkUserField, findUser } from './privacy/find-user.ts';
import { checkUserId, isUser } from './privacy/reader-of.ts';
import { makeTypePrivacy } from './privacy/type-privacy.ts';
import { makeAnswerVersioned } from './things/answer-versioned.ts';
import { keepForgetting } from './things/answer-retention.ts';
import type { Workplace } from './things/apply-change.ts';
import { makeTransactions, type ServeTransaction, type Transactions } from './transactions/transactions.ts';
import { makeChangeTypes } from './types/change-types.ts';
import { makeDeclareType, makePlanType } from './types/declare-type.ts';
import { makeDeleteType } from './types/delete-type.ts';

export interface DataOptions {
  url: string;
  connections: number;
  statementTimeoutMs: number;
  /** Of one statement over many things, and of one that begins an export. */
  bulkTimeoutMs?: number;
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
  planType: PlanTypeHandler;
  deleteType: DeleteTypeHandler;
  listTypes: ListTypes;
  /** Changes that became no events, the last one first. */
  listGaps: ListGaps;
  bulk: Bulk;
  answerVersioned: (input: unknown) => Promise<VersionedAnswer>;
  privacy: TypePrivacyHandler;
  isUser: IsUser;
  findUser: FindUser;
  /** `serve` is asked to hear each transaction's requests. To be closed before the pool. */
  openTransactions(serve: ServeTransaction): Transactions;
  close(): Promise<void>;
}

export const openData = (options: DataOptions): Data => {
  const {
    url,
    connections,
    statementTimeoutMs,
    bulkTimeoutMs = BULK_TIMEOUT_DEFAULT_MS,
    searchLanguage = 'simple',
    userType = 'user',
    answerRetentionDays,
    registry,
    logger,
  } = options;
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
  const changeTypes = makeChangeTypes(pool);
  const settings = { searchLanguage, userType };
  const listTypes = async (): Promise<TypeDefinition[]> => (await catalog.all()).map((type) => type.definition);
  return {
    pool,
    answer: async (input) => answerDataRequest(catalog, workplace, checkDataRequest(input), settings),
    declareType: makeDeclareType({ changeTypes, catalog }),
    planType: makePlanType({ changeTypes }),
    deleteType: makeDeleteType({ changeTypes, catalog }),
    listTypes,
    listGaps: () => listGaps(pool),
    answerVersioned: makeAnswerVersioned({
      pool,
      runOn,
      catalog,
      workplace,
      answer: (place, request) => answerDataRequest(catalog, place, request, settings),
    }),
    bulk: openBulk({ pool, runOn, catalog, connections, timeoutMs: bulkTimeoutMs, onApplied, settings }),
    privacy: makeTypePrivacy({ pool, catalog, userType }),
    isUser: (input) => isUser(run, catalog, userType, checkUserId(input)),
    findUser: (input) => findUser(run, catalog, userType, checkUserField(input)),
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
