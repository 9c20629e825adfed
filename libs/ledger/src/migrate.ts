import { DataSource } from 'typeorm';
import { Ledger1700000000001 } from './migrations/0001-ledger.ts';
import { FlowControl1700000000002 } from './migrations/0002-flow-control.ts';
import { Recurrences1700000000003 } from './migrations/0003-recurrences.ts';
import { Lists1700000000004 } from './migrations/0004-lists.ts';
import { Schedules1700000000005 } from './migrations/0005-schedules.ts';
import { Progress1700000000006 } from './migrations/0006-progress.ts';
import { Flow1700000000007 } from './migrations/0007-flow.ts';
import { Evaluations1700000000008 } from './migrations/0008-evaluations.ts';
import { StartsFromOutside1700000000009 } from './migrations/0009-starts-from-outside.ts';
import { Access1700000000010 } from './migrations/0010-access.ts';
import { Audit1700000000011 } from './migrations/0011-audit.ts';
import { EndpointSamples1700000000012 } from './migrations/0012-endpoint-samples.ts';
import { Webhooks1700000000013 } from './migrations/0013-webhooks.ts';

/** Serialises replicas and jobs that migrate at the same time. */
const MIGRATION_LOCK = 4_711_001;

/**
 * Brings the schema `nightshift` up to date. Safe to call at any time, from several processes at once.
 * @param url of a role that may create schemas and roles
 */
export const migrate = async (url: string): Promise<void> => {
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations: [
      Ledger1700000000001,
      FlowControl1700000000002,
      Recurrences1700000000003,
      Lists1700000000004,
      Schedules1700000000005,
      Progress1700000000006,
      Flow1700000000007,
      Evaluations1700000000008,
      StartsFromOutside1700000000009,
      Access1700000000010,
      Audit1700000000011,
      EndpointSamples1700000000012,
      Webhooks1700000000013,
    ],
    migrationsTableName: 'nightshift_ledger_migrations',
  });
  await source.initialize();
  try {
    const runner = source.createQueryRunner();
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await runner.release();
    }
  } finally {
    await source.destroy();
  }
};
