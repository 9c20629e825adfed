import pg from 'pg';
import { DataSource } from 'typeorm';
import { DATA_ROLE, grounds } from './database/grounds.ts';
import { Data1700000000001 } from './migrations/0001-data.ts';
import { Operations1700000000002 } from './migrations/0002-operations.ts';
import { Fields1700000000003 } from './migrations/0003-fields.ts';
import { Privacy1700000000004 } from './migrations/0004-privacy.ts';
import { Imports1700000000005 } from './migrations/0005-imports.ts';
import { Files1700000000006 } from './migrations/0006-files.ts';
import { Capture1700000000007 } from './migrations/0007-capture.ts';

/** Serialises replicas and jobs that migrate at the same time. */
const MIGRATION_LOCK = 4_711_002;

/**
 * Brings schema `nightshift_data`, its role and its publication up to date. Safe at any time, from several processes at once.
 * Everything is made as the role `nightshift_data`, whoever calls.
 * @param ownerUrl of a superuser, of the database's owner with CREATEROLE, or of a member of the role where the role exists and may CREATE in the database
 */
export const migrateData = async (ownerUrl: string): Promise<void> => {
  const owner = new pg.Client({ connectionString: ownerUrl, application_name: 'nightshift data migration' });
  await owner.connect();
  try {
    await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await owner.query(grounds);
    await runMigrations(ownerUrl);
  } finally {
    // The lock ends with the connection.
    await owner.end();
  }
};

const runMigrations = async (url: string): Promise<void> => {
  const source = new DataSource({
    type: 'postgres',
    url,
    schema: DATA_ROLE,
    migrations: [
      Data1700000000001,
      Operations1700000000002,
      Fields1700000000003,
      Privacy1700000000004,
      Imports1700000000005,
      Files1700000000006,
      Capture1700000000007,
    ],
    migrationsTableName: 'migrations',
    extra: { options: `-c role=${DATA_ROLE}` },
  });
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
};
