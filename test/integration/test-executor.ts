import { streams } from '@nightshift/contracts';
import { openLedger } from '@nightshift/ledger';
import { connectBus, JetStreamStrategy } from '@nightshift/messaging';
import { makeLogger, openService, type Logger, type OpenService } from '@nightshift/runtime';
import { testServers, type TestDatabase } from '@nightshift/testing';
import { Registry } from 'prom-client';
import type { ExecutorConfig } from '../../apps/executor/src/config.ts';
import { executorModule } from '../../apps/executor/src/executor.module.ts';
import { makeLeaseKeeper } from '../../apps/executor/src/lease-keeper.ts';
import { makeExecutorMetrics } from '../../apps/executor/src/metrics.ts';

/** What secrets are sealed with in tests. */
export const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');

export interface TestExecutorOptions {
  config?: Partial<ExecutorConfig>;
  /** Absent: of the test's database and of the shared nats-server. */
  urls?: { ledger: string; nats: string };
  logger?: Logger;
}

/** An executor in this process, on the test's database and the shared nats-server unless it is told otherwise. */
export const openTestExecutor = async (
  database: TestDatabase,
  { config = {}, urls, logger = makeLogger({ app: 'executor', level: 'fatal' }) }: TestExecutorOptions = {},
): Promise<OpenService> => {
  const { ledger: ledgerUrl, nats: natsUrl } = urls ?? {
    ledger: database.serviceUrls.executor,
    nats: testServers().natsUrl,
  };
  const ledger = await openLedger({ url: ledgerUrl, applicationName: 'executor under test' });
  const bus = await connectBus({ url: natsUrl, name: 'executor', log: logger });
  await bus.ensureStreams(Object.values(streams));
  const leases = makeLeaseKeeper(ledger, () => {});
  const registry = new Registry();
  return openService({
    name: 'executor',
    module: executorModule({
      config: {
        NIGHTSHIFT_HTTP_PORT: 0,
        NIGHTSHIFT_HTTP_HOST: '127.0.0.1',
        NIGHTSHIFT_NATS_URL: '',
        NIGHTSHIFT_LOG_LEVEL: 'warn',
        NIGHTSHIFT_NATS_REPLICAS: 1,
        NIGHTSHIFT_LEDGER_URL: '',
        NIGHTSHIFT_EGRESS_ALLOW: '',
        NIGHTSHIFT_HTTP_ANSWER_MAX_BYTES: 1024,
        NIGHTSHIFT_WEBHOOKS_RETRY_HOURS: 72,
        NIGHTSHIFT_SMTP_URL: '',
        NIGHTSHIFT_EMAIL_FROM: 'Test <test@example.com>',
        NIGHTSHIFT_SECRETS_KEY: SECRETS_KEY,
        ...config,
      },
      ledger,
      bus,
      leases,
      logger,
      metrics: makeExecutorMetrics(registry),
    }),
    config: { NIGHTSHIFT_HTTP_PORT: 0, NIGHTSHIFT_HTTP_HOST: '127.0.0.1' },
    logger,
    metrics: registry,
    strategy: new JetStreamStrategy({ bus }),
    closeLast: [() => leases.close(), () => bus.close(), () => ledger.close()],
  });
};
