import { migrate } from '@nightshift/ledger';
import { readConfig, runMain } from '@nightshift/runtime';
import { Type } from 'typebox';

/** Brings the ledger's schema up to date, as the Job that runs before the services do: `node apps/scheduler/dist/migrate.js`. */
const MigrateConfigSchema = Type.Object({
  /** `postgres://…` of a role that may create schemas and roles. */
  NIGHTSHIFT_MIGRATE_URL: Type.String({ minLength: 1 }),
});

await runMain('migrate', () => migrate(readConfig(MigrateConfigSchema).NIGHTSHIFT_MIGRATE_URL));
