import { Failure, type BulkFormat, type ImportStatus } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';

/** What an import was begun with, as its row has it. */
export interface ImportRecord {
  type: string;
  format: BulkFormat;
  columns: string[] | null;
  onError: 'skip' | 'stop';
  key: string | null;
  dryRun: boolean;
  /** As JSON. */
  origin: string;
  status: ImportStatus;
}

/** By primary key; locks nothing. @throws Failure `import.not_found` */
export const readImportRecord = async (db: Queryable, importId: string): Promise<ImportRecord> => {
  const { rows } = await db.query<Record<string, string | null>>(
    `SELECT type, format, columns::text, on_error, key, dry_run::text, origin::text, status
     FROM nightshift_data.imports WHERE id = $1`,
    [importId],
  );
  const row = rows[0];
  if (row === undefined) throw new Failure('import.not_found', { detail: `There is no import ${importId}` });
  return {
    type: row['type']!,
    format: row['format'] as BulkFormat,
    columns: row['columns'] == null ? null : (JSON.parse(row['columns']) as string[]),
    onError: row['on_error'] as 'skip' | 'stop',
    key: row['key']!,
    dryRun: row['dry_run'] === 'true',
    origin: row['origin']!,
    status: row['status'] as ImportStatus,
  };
};
