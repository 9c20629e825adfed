import { makeLogger, readConfig, runMain, startService } from '@nightshift/runtime';
import { GatewayConfigSchema } from './config.ts';
import { connectGateway } from './connect-gateway.ts';

await runMain('gateway', async () => {
  const config = readConfig(GatewayConfigSchema);
  const logger = makeLogger({ app: 'gateway', level: config.NIGHTSHIFT_LOG_LEVEL });
  await startService(await connectGateway(config, logger));
});
