import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FileInfo } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { SECRETS_KEY } from './test-executor.ts';

/** A gateway that keeps files on disk, and a data service that keeps their books. */
export interface FilesPlatform {
  readonly gateway: TestGateway;
  /** As the superuser. */
  readonly sql: pg.Client;
  upload(content?: string, name?: string): Promise<FileInfo>;
  /** What is stored, whole or not. */
  stored(): string[];
  /** Resolves when nothing waits to be removed and so many contents are stored. */
  settled(contents: number): Promise<void>;
  /** Ids of the files that there are. */
  files(): Promise<string[]>;
  close(): Promise<void>;
}

export const openFilesPlatform = async (settings: Record<string, string> = {}): Promise<FilesPlatform> => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-files-'));
  const gateway = await openTestGateway({
    data: 'real',
    settings: {
      NIGHTSHIFT_FILES_URL: pathToFileURL(folder).href,
      NIGHTSHIFT_SECRETS_KEY: SECRETS_KEY,
      ...settings,
    },
  });
  const sql = new pg.Client(gateway.databaseUrl);
  await sql.connect();
  const stored = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  return {
    gateway,
    sql,
    upload: (content = 'content', name = 'a.txt') =>
      gateway.client.files.upload(content, { name, contentType: 'text/plain' }),
    stored,
    settled: async (contents) => {
      await waitFor(
        async () => {
          const { rows } = await sql.query<{ waiting: string }>(
            `SELECT (SELECT count(*) FROM nightshift_data.files_let_go) + (SELECT count(*) FROM nightshift_data.content_to_erase)
                  + (SELECT count(*) FROM nightshift_data.file_uploads) AS waiting`,
          );
          const now = { waiting: rows[0]!.waiting, stored: stored().length };
          if (now.waiting === '0' && now.stored === contents) return true;
          throw new Error(JSON.stringify(now));
        },
        { describe: `${contents} contents` },
      );
    },
    files: async () => {
      const { rows } = await sql.query<{ id: string }>('SELECT id FROM nightshift_data.files ORDER BY created_at, id');
      return rows.map(({ id }) => id);
    },
    close: async () => {
      await sql.end();
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
