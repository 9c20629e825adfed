import { Failure, type AppliedChunk, type ImportChunk, type ImportError } from '@nightshift/contracts';
import type pg from 'pg';
import type { StoredType } from '../catalog/stored-type.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { isAway, isOutdated, isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { inTransaction } from '../database/transaction.ts';
import { UnknownFieldFailure } from '../things/check-fields.ts';
import type { Places } from '../transactions/places.ts';
import { readImportRecord, type ImportRecord } from './import-record.ts';
import { insertRows } from './insert-rows.ts';
import { makeReadCells, makeReadObject, type ReadRow, type ReadRowOf } from './read-rows.ts';

export interface ApplyChunkDeps {
  pool: pg.Pool;
  runOn: (db: pg.Pool | pg.PoolClient) => RunStatement;
  catalog: Pick<TypeCatalog, 'find' | 'reload'>;
  /** How many chunks may be under way here: each holds a connection. */
  places: Places;
  onApplied: (answer: 'new' | 'repeated') => void;
}

const TRIES = 3;

/** Chunks of one import that insert the same values of unique fields may meet in opposite order. */
const isCollision = (error: unknown): boolean =>
  isPostgresError(error) && (error.code === sqlState.deadlock || error.code === sqlState.serialization);

/**
 * Applies a chunk of an import once, in one transaction with what it comes to; a repeat, from wherever, is answered with that.
 * @throws Failure `import.not_found`, `import.ended`, `idempotency.key_reused`, `thing.invalid` when the type does not fit the import any
 * more, `data.unavailable`
 */
export const makeApplyChunk =
  (deps: ApplyChunkDeps) =>
  async (chunk: ImportChunk): Promise<AppliedChunk> => {
    const { pool, catalog, places } = deps;
    if (!(await places.take()))
      throw new Failure('data.unavailable', { detail: 'Too many imports are under way. Try again in a moment.' });
    try {
      const record = await readImportRecord(pool, chunk.importId);
      for (let attempt = 1; ; attempt++) {
        try {
          return await applyOnce(deps, await catalog.find(record.type), record, chunk, attempt === 1);
        } catch (error) {
          if (attempt === TRIES) throw error;
          if (isOutdated(error) || error instanceof UnknownFieldFailure) await catalog.reload();
          else if (!isCollision(error)) throw error;
        }
      }
    } catch (error) {
      throw isAway(error) || isCollision(error) || isLate(error)
        ? new Failure('data.unavailable', { cause: error })
        : error;
    } finally {
      places.free();
    }
  };

const isLate = (error: unknown): boolean => isPostgresError(error) && error.code === sqlState.queryCancelled;

const applyOnce = async (
  { pool, runOn, onApplied }: ApplyChunkDeps,
  type: StoredType,
  record: ImportRecord,
  chunk: ImportChunk,
  mayBeOutdated: boolean,
): Promise<AppliedChunk> => {
  const stopsAtError = record.onError === 'stop';
  const { rows, errors } = readChunk(type, record, chunk, mayBeOutdated);
  const answer = ({ succeeded, failed }: Omit<AppliedChunk, 'isStopped'>): AppliedChunk => ({
    succeeded,
    failed,
    isStopped: stopsAtError && failed > 0,
  });
  return inTransaction(pool, async (client) => {
    const run = runOn(client);
    // Waits for one that is applying the same chunk.
    const [mine] = await run(claimChunk, [chunk.importId, chunk.number, chunk.digest]);
    if (mine === undefined) {
      onApplied('repeated');
      return answer(await keptChunk(run, chunk));
    }
    if (record.status === 'succeeded' || record.status === 'failed') throw new Failure('import.ended');
    // What is deferred would be refused with the commit, and nobody could tell which row it was.
    await run('SET CONSTRAINTS ALL IMMEDIATE', []);
    await run(`SELECT pg_logical_emit_message(true, 'nightshift', $1)`, [record.origin]);
    await run('SAVEPOINT chunk', []);
    const key = record.key === null ? undefined : type.column(record.key);
    const inserted = await insertRows({ run, db: pool, type, key, stopsAtError }, rows);
    if (record.dryRun) await run('ROLLBACK TO SAVEPOINT chunk', []);
    const refused = firstOnly([...errors, ...inserted.errors], stopsAtError);
    if (refused.length > 0) await run(keepErrors, errorLists(chunk.importId, refused));
    const failed = new Set(refused.map(({ line }) => line)).size;
    await run(countChunk, [chunk.importId, chunk.number, inserted.succeeded, failed]);
    onApplied('new');
    return answer({ succeeded: inserted.succeeded, failed });
  });
};

/** When the first error ends it, the rows after the first that cannot be read are not tried, and not reported. */
const readChunk = (
  type: StoredType,
  { format, columns, onError }: ImportRecord,
  { rows, unreadable }: ImportChunk,
  mayBeOutdated: boolean,
): { rows: ReadRow[]; errors: ImportError[] } => {
  let isUnknown = false;
  const read: ReadRowOf =
    format === 'csv' ? makeReadCells(type, columns ?? []) : makeReadObject(type, () => (isUnknown = true));
  const good: ReadRow[] = [];
  const errors: ImportError[] = unreadable.map((error) => ({ ...error, pointer: '' }));
  for (const [line, row] of rows) {
    const outcome = read(line, row);
    if (Array.isArray(outcome)) errors.push(...outcome);
    else good.push(outcome);
  }
  if (isUnknown && mayBeOutdated) throw new UnknownFieldFailure('thing.invalid');
  if (onError === 'skip' || errors.length === 0) return { rows: good, errors };
  const firstLine = Math.min(...errors.map(({ line }) => line));
  return { rows: good.filter(({ line }) => line < firstLine), errors };
};

const firstOnly = (errors: ImportError[], isFirstOnly: boolean): ImportError[] => {
  if (!isFirstOnly || errors.length === 0) return errors;
  const firstLine = Math.min(...errors.map(({ line }) => line));
  return errors.filter(({ line }) => line === firstLine);
};

const claimChunk = `
  INSERT INTO nightshift_data.import_chunks (import_id, number, digest) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING RETURNING 1`;

const countChunk = `
  UPDATE nightshift_data.import_chunks SET succeeded = $3, failed = $4, at = clock_timestamp()
  WHERE import_id = $1 AND number = $2`;

const keepErrors = `
  INSERT INTO nightshift_data.import_errors (import_id, line, place, pointer, code, detail, suggestion)
  SELECT $1, e.line, row_number() OVER (PARTITION BY e.line ORDER BY e.position), e.pointer, e.code, e.detail, e.suggestion
  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
    WITH ORDINALITY AS e (line, pointer, code, detail, suggestion, position)`;

const errorLists = (importId: string, errors: readonly ImportError[]): unknown[] => [
  importId,
  errors.map(({ line }) => line),
  errors.map(({ pointer }) => pointer),
  errors.map(({ code }) => code),
  errors.map(({ detail }) => detail),
  errors.map(({ suggestion }) => suggestion ?? null),
];

const keptChunk = async (run: RunStatement, { importId, number, digest }: ImportChunk) => {
  const [row] = await run(
    'SELECT digest, succeeded::text, failed::text FROM nightshift_data.import_chunks WHERE import_id = $1 AND number = $2',
    [importId, number],
  );
  if (row![0] !== digest) {
    throw new Failure('idempotency.key_reused', {
      detail: 'What was uploaded before under this key was something else: go on with the same upload.',
    });
  }
  return { succeeded: Number(row![1]), failed: Number(row![2]) };
};
