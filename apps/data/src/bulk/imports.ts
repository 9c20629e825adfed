import {
  compileSchema,
  Failure,
  ImportRequestSchema,
  type BegunImport,
  type ImportRequest,
} from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { isAway } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { UnknownFieldFailure } from '../things/check-fields.ts';
import { makeApplyChunk, type ApplyChunkDeps } from './apply-chunk.ts';
import { readImportRecord } from './import-record.ts';
import { readImport, readImportErrors, searchImports } from './import-views.ts';
import { makeReadCells } from './read-rows.ts';

const check = compileSchema(ImportRequestSchema);

/** More keep Postgres busy while a chunk is being read and sent; beyond these they only wait there. */
const IN_FLIGHT = 4;

type Begin = Extract<ImportRequest, { action: 'begin' }>;
type End = Extract<ImportRequest, { action: 'end' }>;

/** Answers what is asked about imports. @throws Failure `request.invalid`, `import.not_found`, `data.unavailable`, and as each action says */
export const makeAnswerImportRequest = (deps: ApplyChunkDeps): ((input: unknown) => Promise<unknown>) => {
  const run = deps.runOn(deps.pool);
  const begin = makeBegin(deps, run);
  const applyChunk = makeApplyChunk(deps);
  const answer = async (request: ImportRequest): Promise<unknown> => {
    switch (request.action) {
      case 'begin':
        return begin(request);
      case 'chunk':
        return applyChunk(request);
      case 'end':
        return end(run, request);
      case 'get':
        return readImport(run, request.importId);
      case 'list':
        return searchImports(run, request);
      case 'errors':
        await readImport(run, request.importId);
        return readImportErrors(run, request);
    }
  };
  return async (input) => {
    const checked = check(input);
    if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
    try {
      return await answer(checked.value);
    } catch (error) {
      throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
    }
  };
};

/**
 * Begins an import, or goes on with it.
 * @throws Failure `thing.invalid` when header or key do not fit the type, `type.not_found`, `idempotency.key_reused` when it was begun
 * with something else
 */
const makeBegin =
  ({ pool, catalog }: ApplyChunkDeps, run: RunStatement) =>
  async (request: Begin): Promise<BegunImport> => {
    const type = await catalog.find(request.type);
    try {
      fits(type, request);
    } catch (error) {
      if (!(error instanceof UnknownFieldFailure)) throw error;
      await catalog.reload();
      fits(await catalog.find(request.type), request);
    }
    const { importId, format, columns, onError, key, dryRun, origin } = request;
    await run(
      `INSERT INTO nightshift_data.imports (id, type, format, columns, on_error, key, dry_run, origin, status)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'running')
       ON CONFLICT (id) DO UPDATE SET status = 'running', problem = NULL, updated_at = now() WHERE imports.status IN ('running', 'broken')`,
      [
        importId,
        type.name,
        format,
        columns === undefined ? null : JSON.stringify(columns),
        onError,
        key ?? null,
        dryRun,
        JSON.stringify(origin),
      ],
    );
    const begun = await readImportRecord(pool, importId);
    const isSame =
      begun.type === type.name &&
      begun.format === format &&
      JSON.stringify(begun.columns) === JSON.stringify(columns ?? null) &&
      begun.onError === onError &&
      begun.key === (key ?? null) &&
      begun.dryRun === dryRun;
    if (!isSame) throw new Failure('idempotency.key_reused', { detail: 'The import was begun with something else.' });
    // The first of two rows must be there when the second one comes: that refers to it, or changes it, or must not come after an error.
    const isOrdered =
      onError === 'stop' || key !== undefined || type.columns.some(({ refersTo }) => refersTo === type.name);
    return { inFlight: isOrdered ? 1 : IN_FLIGHT };
  };

const fits = (type: StoredType, { format, columns, key }: Begin): void => {
  if (format === 'csv') makeReadCells(type, columns ?? []);
  if (key === undefined) return;
  const column = type.column(key);
  const isUnique = column !== undefined && (column === type.id || column.field.unique === true);
  if (!isUnique || (columns !== undefined && !columns.includes(key))) {
    const detail = isUnique ? 'is not in the header' : `is not a unique field of ${type.name}`;
    throw new Failure('thing.invalid', { detail: `key: ${key} ${detail}`, errors: [{ pointer: '/key', detail }] });
  }
};

/** Ends an import, once; or says that whoever fed it is gone. @throws Failure `import.broken` when a chunk is missing */
const end = async (run: RunStatement, { importId, chunks, problem, isBroken }: End): Promise<unknown> => {
  if (isBroken === true) {
    await run(
      `UPDATE nightshift_data.imports SET status = 'broken', updated_at = now() WHERE id = $1 AND status = 'running'`,
      [importId],
    );
    return readImport(run, importId);
  }
  const [applied] = await run(
    'SELECT count(*)::text FROM nightshift_data.import_chunks WHERE import_id = $1 AND number < $2',
    [importId, chunks],
  );
  if (Number(applied![0]) < chunks) throw new Failure('import.broken', { detail: 'Not all of it has been applied.' });
  await run(
    `UPDATE nightshift_data.imports SET status = $2, problem = $3, updated_at = now(), finished_at = now()
     WHERE id = $1 AND status IN ('running', 'broken')`,
    [importId, problem === undefined ? 'succeeded' : 'failed', problem === undefined ? null : JSON.stringify(problem)],
  );
  return readImport(run, importId);
};

/**
 * Forgets imports that nobody can go on with any more, a few at a time. By primary key, because ids grow with time.
 * Answers with how many went.
 */
export const forgetImports = async (run: RunStatement, olderThanDays: number): Promise<number> => {
  const rows = await run(
    `DELETE FROM nightshift_data.imports WHERE id IN (
       SELECT id FROM nightshift_data.imports WHERE started_at < now() - make_interval(days => $1::int)
       ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)
     RETURNING 1`,
    [olderThanDays],
  );
  return rows.length;
};
