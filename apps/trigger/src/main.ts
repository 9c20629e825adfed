import { makeLogger, readConfig, runMain, startService } from '@nightshift/runtime';
import { TriggerConfigSchema } from './config.ts';
import { connectTrigger } from './connect-trigger.ts';

await runMain('trigger', async () => {
  const config = readConfig(TriggerConfigSchema);
  const logger = makeLogger({ app: 'trigger', level: config.NIGHTSHIFT_LOG_LEVEL });
  const { service, seekLeadership } = await connectTrigger(config, logger);
  await startService(service);
  seekLeadership();
});
