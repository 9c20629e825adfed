import {
  Failure,
  IMPORT_QUIET_MS,
  type BulkFormat,
  type ImportError,
  type ImportStatus,
  type ImportView,
  type Page,
  type Problem,
} from '@nightshift/contracts';
import type { Row, RunStatement } from '../database/row-statement.ts';
import { isoDateTime } from '../values/iso-date-time.ts';

const PAGE_DEFAULT = 50;

/** Of imports `i`, with what their chunks come to. A running one that is quiet for too long has nobody who feeds it any more. */
const views = (condition: string, rest = ''): string => `
  SELECT i.id::text, i.type, i.format,
    CASE WHEN i.status = 'running' AND greatest(i.updated_at, c.at) < now() - make_interval(secs => ${IMPORT_QUIET_MS / 1000})
      THEN 'broken' ELSE i.status END,
    i.dry_run::text, i.on_error, i.key, c.succeeded::text, c.failed::text, i.problem::text,
    i.started_at::text, greatest(i.updated_at, c.at)::text, i.finished_at::text
  FROM nightshift_data.imports i CROSS JOIN LATERAL (
    SELECT coalesce(sum(succeeded), 0) AS succeeded, coalesce(sum(failed), 0) AS failed, max(at) AS at
    FROM nightshift_data.import_chunks WHERE import_id = i.id
  ) c
  WHERE ${condition} ${rest}`;

const toView = (row: Row): ImportView => {
  const [succeeded, failed] = [Number(row[7]), Number(row[8])];
  const status = row[3] as ImportStatus;
  return {
    id: row[0]!,
    kind: 'import',
    type: row[1]!,
    format: row[2] as BulkFormat,
    status,
    dryRun: row[4] === 'true',
    onError: row[5] as 'skip' | 'stop',
    key: row[6]!,
    total: status === 'succeeded' ? succeeded + failed : null,
    done: succeeded + failed,
    succeeded,
    failed,
    ...(row[9] != null && { problem: JSON.parse(row[9]) as Problem }),
    startedAt: isoDateTime(row[10]!),
    updatedAt: isoDateTime(row[11]!),
    finishedAt: row[12] == null ? null : isoDateTime(row[12]),
  };
};

/** By primary key. Locks nothing. @throws Failure `import.not_found` */
export const readImport = async (run: RunStatement, importId: string): Promise<ImportView> => {
  const [row] = await run(views('i.id = $1::uuid'), [importId]);
  if (row === undefined) throw new Failure('import.not_found', { detail: `There is no import ${importId}` });
  return toView(row);
};

/** Newest first, by primary key. @throws Failure `request.invalid` for a cursor of something else */
export const searchImports = async (
  run: RunStatement,
  { type, limit = PAGE_DEFAULT, cursor }: { type?: string; limit?: number; cursor?: string },
): Promise<Page<ImportView>> => {
  if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor)) throw wrongCursor();
  const rows = await run(
    views(
      '($1::text IS NULL OR i.type = $1) AND ($2::uuid IS NULL OR i.id < $2::uuid)',
      'ORDER BY i.id DESC LIMIT $3::int',
    ),
    [type ?? null, cursor ?? null, limit + 1],
  );
  const items = rows.slice(0, limit).map(toView);
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
};

/** In order of their lines, by primary key. While chunks are under way, earlier ones may still come. @throws Failure `request.invalid` */
export const readImportErrors = async (
  run: RunStatement,
  { importId, limit = PAGE_DEFAULT, cursor = '0.0' }: { importId: string; limit?: number; cursor?: string },
): Promise<Page<ImportError>> => {
  const [, line, place] = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (line === undefined) throw wrongCursor();
  const rows = await run(
    `SELECT line::text, place::text, pointer, code, detail, suggestion FROM nightshift_data.import_errors AS e
     WHERE import_id = $1::uuid AND (line, place) > ($2::bigint, $3::int) ORDER BY e.line, e.place LIMIT $4::int`,
    [importId, line, place, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(([at, , pointer, code, detail, suggestion]) => ({
      line: Number(at),
      pointer: pointer!,
      code: code!,
      detail: detail!,
      ...(suggestion != null && { suggestion }),
    })),
    nextCursor: rows.length > limit ? `${last![0]}.${last![1]}` : null,
  };
};

const wrongCursor = (): Failure =>
  new Failure('request.invalid', { errors: [{ pointer: '/cursor', detail: 'cannot be read' }] });
