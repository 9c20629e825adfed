import { makeLogger, readConfig, runMain, startService } from '@nightshift/runtime';
import { SchedulerConfigSchema } from './config.ts';
import { connectScheduler } from './connect-scheduler.ts';

await runMain('scheduler', async () => {
  const config = readConfig(SchedulerConfigSchema);
  const logger = makeLogger({ app: 'scheduler', level: config.NIGHTSHIFT_LOG_LEVEL });
  await startService(await connectScheduler(config, logger));
});
