import { streams } from '@nightshift/contracts';
import { openLedger } from '@nightshift/ledger';
import { connectBus } from '@nightshift/messaging';
import type { Logger, ServiceOptions } from '@nightshift/runtime';
import { Registry } from 'prom-client';
import type { SchedulerConfig } from './config.ts';
import { schedulerModule } from './scheduler.module.ts';

/** One each for timers, the two reconcilers, queues of recurrences and probes, two for recurrences, three each for lists and
 * for queues of workflows. */
const LEDGER_CONNECTIONS = 13;

const DAY_MS = 24 * 60 * 60_000;

/** Connects to the ledger and to NATS. @throws when one of them does not answer */
export const connectScheduler = async (config: SchedulerConfig, logger: Logger): Promise<ServiceOptions> => {
  const name = 'scheduler';
  const ledger = await openLedger({
    url: config.NIGHTSHIFT_LEDGER_URL,
    applicationName: `nightshift ${name}`,
    connections: LEDGER_CONNECTIONS,
  });
  try {
    const bus = await connectBus({
      url: config.NIGHTSHIFT_NATS_URL,
      name,
      log: logger,
      replicas: config.NIGHTSHIFT_NATS_REPLICAS,
    });
    await bus.ensureStreams([streams.dispatch]);
    const metrics = new Registry();
    return {
      name,
      config,
      logger,
      metrics,
      module: schedulerModule({
        ledger,
        bus,
        logger,
        registry: metrics,
        eventsKeptForMs: config.NIGHTSHIFT_EVENTS_KEEP_DAYS * DAY_MS,
        occurrencesKeptForMs: config.NIGHTSHIFT_OCCURRENCES_KEEP_DAYS * DAY_MS,
        schedulesKeptForMs: config.NIGHTSHIFT_SCHEDULES_KEEP_DAYS * DAY_MS,
        auditKeptForMs: config.NIGHTSHIFT_AUDIT_KEEP_DAYS * DAY_MS,
        deliveriesKeptForMs: config.NIGHTSHIFT_WEBHOOKS_KEEP_DAYS * DAY_MS,
        idempotencyKeysKeptForMs: (config.NIGHTSHIFT_IDEMPOTENCY_KEEP_HOURS / 24) * DAY_MS,
      }),
      checks: [
        { name: 'ledger', check: ledger.isReachable },
        { name: 'messaging', check: () => bus.isConnected },
      ],
      closeLast: [bus.close, ledger.close],
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
};
