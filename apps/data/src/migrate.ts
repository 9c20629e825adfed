import { readConfig, runMain } from '@nightshift/runtime';
import { Type } from 'typebox';
import { migrateData } from './migrate-data.ts';

await runMain('data-migrate', async () => {
  const config = readConfig(Type.Object({ NIGHTSHIFT_MIGRATE_URL: Type.String({ minLength: 1 }) }));
  await migrateData(config.NIGHTSHIFT_MIGRATE_URL);
});
