import { makeLogger, readConfig, runMain, startService } from '@nightshift/runtime';
import { DataConfigSchema } from './config.ts';
import { openDataService } from './open-data-service.ts';

await runMain('data', async () => {
  const config = readConfig(DataConfigSchema);
  const logger = makeLogger({ app: 'data', level: config.NIGHTSHIFT_LOG_LEVEL });
  await startService(await openDataService(config, logger));
});
