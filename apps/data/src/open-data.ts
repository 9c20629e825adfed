import type { TypeDefinition } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import type pg from 'pg';
import { Counter, type Registry } from 'prom-client';
import { makeAnswerDataRequest } from './answer-data-request.ts';
import { readTypes } from './catalog/read-types.ts';
import { makeTypeCatalog } from './catalog/type-catalog.ts';
import { watchTypes } from './catalog/watch-types.ts';
import type { AnswerDataRequest, DeclareTypeHandler, ListTypes } from './data.tokens.ts';
import { makePool } from './database/pool.ts';
import { makeRunStatement } from './database/row-statement.ts';
import { makeSearchThings } from './search/search-things.ts';
import { keepForgetting } from './things/answer-retention.ts';
import { makeWriteThing } from './things/write-thing.ts';
import { makeDeclareType } from './types/declare-type.ts';

export interface DataOptions {
  url: string;
  connections: number;
  statementTimeoutMs: number;
  answerRetentionDays: number;
  registry: Registry;
  logger: Logger;
}

/** Types and things over one pool of connections. */
export interface Data {
  readonly pool: pg.Pool;
  answer: AnswerDataRequest;
  declareType: DeclareTypeHandler;
  listTypes: ListTypes;
  close(): Promise<void>;
}

export const openData = (options: DataOptions): Data => {
  const { url, connections, statementTimeoutMs, answerRetentionDays, registry, logger } = options;
  const onError = (error: Error): void => logger.warn({ err: error }, 'a database connection broke');
  const pool = makePool({ url, connections, statementTimeoutMs, onError });
  const run = makeRunStatement(pool);
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
  const writeThing = makeWriteThing({ run, db: pool, onApplied: (answer) => applied.inc({ answer }) });
  const listTypes = async (): Promise<TypeDefinition[]> => (await catalog.all()).map((type) => type.definition);
  return {
    pool,
    answer: makeAnswerDataRequest({ catalog, run, writeThing, searchThings: makeSearchThings({ run }) }),
    declareType: makeDeclareType({ pool, catalog }),
    listTypes,
    close: async () => {
      retention.close();
      await watch.close();
      await pool.end();
    },
  };
};
