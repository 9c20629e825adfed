import { streams } from '@nightshift/contracts';
import { openLedger } from '@nightshift/ledger';
import { connectBus, JetStreamStrategy } from '@nightshift/messaging';
import { holdLeadership, type Leadership, type Logger, type ServiceOptions } from '@nightshift/runtime';
import { Registry } from 'prom-client';
import type { TriggerConfig } from './config.ts';
import { triggerModule } from './trigger.module.ts';

export interface ConnectedTrigger {
  service: ServiceOptions;
  /** To be called when the service has started: its handlers are known then. Whoever leads reads the changes and the events. */
  seekLeadership: () => void;
}

/** Connects to the ledger and to NATS. @throws when one of them does not answer */
export const connectTrigger = async (config: TriggerConfig, logger: Logger): Promise<ConnectedTrigger> => {
  const name = 'trigger';
  const url = config.NIGHTSHIFT_LEDGER_URL;
  const ledger = await openLedger({ url, applicationName: `nightshift ${name}` });
  try {
    const bus = await connectBus({
      url: config.NIGHTSHIFT_NATS_URL,
      name,
      log: logger,
      replicas: config.NIGHTSHIFT_NATS_REPLICAS,
    });
    await bus.ensureStreams([streams.changes, streams.dispatch, streams.runEvents, streams.dead]);
    const strategy = new JetStreamStrategy({ bus, inOrder: 'on-demand' });
    const metrics = new Registry();
    const { module, events, webhooks, stopOvertaking } = triggerModule({ ledger, bus, logger, registry: metrics });
    let leadership: Leadership | undefined;
    return {
      service: {
        name,
        config,
        logger,
        strategy,
        metrics,
        module,
        checks: [
          { name: 'ledger', check: ledger.isReachable },
          { name: 'messaging', check: () => strategy.isReading && bus.isConnected },
        ],
        closeLast: [() => leadership?.close(), bus.close, ledger.close],
      },
      seekLeadership: () => {
        leadership = holdLeadership({
          connectionString: url,
          name,
          onGained: () => {
            events.start();
            webhooks.start();
            return strategy.startInOrder();
          },
          onLost: async () => {
            stopOvertaking();
            await Promise.all([events.stop(), webhooks.stop(), strategy.stopInOrder()]);
            stopOvertaking();
          },
          logger,
        });
      },
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
};
