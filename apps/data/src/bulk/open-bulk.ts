import type { DataAnswer } from '@nightshift/contracts';
import type pg from 'pg';
import type { AnswerSettings } from '../answer-data-request.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { makePlaces } from '../transactions/places.ts';
import { makeAnswerBulkRequest } from './answer-bulk-request.ts';
import { makeExports, type Exports, type ServeExport } from './exports.ts';
import { makeAnswerImportRequest } from './imports.ts';

export interface BulkOptions {
  pool: pg.Pool;
  runOn: (db: pg.Pool | pg.PoolClient) => RunStatement;
  catalog: TypeCatalog;
  /** Of the pool. A quarter at most is for chunks of imports, a quarter for exports and changes of many things. */
  connections: number;
  /** Of one statement over many things. */
  timeoutMs: number;
  onApplied: (answer: 'new' | 'repeated') => void;
  settings: AnswerSettings;
}

/** What is done to very many things, so that it leaves room for everything else. */
export interface Bulk {
  answerImport: (input: unknown) => Promise<unknown>;
  answerBulk: (input: unknown) => Promise<DataAnswer>;
  /** `serve` is asked to hear each export's requests. To be closed before the pool. */
  openExports(serve: ServeExport): Exports;
}

/** Who finds no place waits so long, and is then told to come back. */
const PATIENCE_MS = 2_000;

export const openBulk = ({ pool, runOn, catalog, connections, timeoutMs, onApplied, settings }: BulkOptions): Bulk => {
  const quarter = Math.max(1, Math.floor(connections / 4));
  const chunks = makePlaces(quarter, PATIENCE_MS);
  const long = makePlaces(quarter, PATIENCE_MS);
  return {
    answerImport: makeAnswerImportRequest({ pool, runOn, catalog, places: chunks, onApplied }),
    answerBulk: makeAnswerBulkRequest({ pool, runOn, catalog, places: long, timeoutMs, onApplied, settings }),
    openExports: (serve) => makeExports({ pool, runOn, catalog, places: long, serve, timeoutMs, settings }),
  };
};
