import { streams } from '@nightshift/contracts';
import { openLedger } from '@nightshift/ledger';
import { connectBus, JetStreamStrategy } from '@nightshift/messaging';
import { makeLogger, runMain, startService } from '@nightshift/runtime';
import { executorConfig } from './config.ts';
import { executorModule } from './executor.module.ts';
import { makeLeaseKeeper } from './lease-keeper.ts';

await runMain('executor', async () => {
  const config = executorConfig();
  const logger = makeLogger({ app: 'executor', level: config.NIGHTSHIFT_LOG_LEVEL });
  const ledger = await openLedger({ url: config.NIGHTSHIFT_LEDGER_URL, applicationName: 'nightshift executor' });
  const bus = await connectBus({
    url: config.NIGHTSHIFT_NATS_URL,
    name: 'executor',
    log: logger,
    replicas: config.NIGHTSHIFT_NATS_REPLICAS,
  });
  await bus.ensureStreams(Object.values(streams));
  const leases = makeLeaseKeeper(ledger, (error) => logger.warn({ err: error }, 'leases not renewed'));
  const strategy = new JetStreamStrategy({ bus });
  await startService({
    name: 'executor',
    module: executorModule({ config, ledger, bus, leases }),
    config,
    logger,
    strategy,
    checks: [
      { name: 'ledger', check: () => ledger.isReachable() },
      { name: 'messaging', check: () => strategy.isReading },
    ],
    closeLast: [() => leases.close(), () => bus.close(), () => ledger.close()],
  });
});
