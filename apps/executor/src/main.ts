import { streams } from '@nightshift/contracts';
import { openLedger } from '@nightshift/ledger';
import { connectBus, JetStreamStrategy } from '@nightshift/messaging';
import { makeLogger, runMain, startService } from '@nightshift/runtime';
import { Registry } from 'prom-client';
import { executorConfig } from './config.ts';
import { executorModule } from './executor.module.ts';
import { makeLeaseKeeper } from './lease-keeper.ts';
import { makeExecutorMetrics } from './metrics.ts';

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
  const metrics = new Registry();
  await startService({
    name: 'executor',
    module: executorModule({ config, ledger, bus, leases, logger, metrics: makeExecutorMetrics(metrics) }),
    config,
    logger,
    strategy,
    metrics,
    checks: [
      { name: 'ledger', check: () => ledger.isReachable() },
      { name: 'messaging', check: () => strategy.isReading },
    ],
    closeLast: [() => leases.close(), () => bus.close(), () => ledger.close()],
  });
});
