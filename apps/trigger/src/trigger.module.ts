import type { DynamicModule } from '@nestjs/common';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { Registry } from 'prom-client';
import { makeAdmitRuns } from './changes/admit-runs.ts';
import { ChangesController, HANDLE_CHANGES } from './changes/changes.controller.ts';
import { makeHandleChanges } from './changes/handle-changes.ts';
import { makeRecordEvaluations } from './changes/record-evaluations.ts';
import { makeOvertake } from './changes/overtake.ts';
import { makePutAside } from './changes/put-aside.ts';
import { makeLookAgain } from './events/look-again.ts';
import { makeMatchEvents } from './events/match-events.ts';
import { makeWatchEvents, type WatchEvents } from './events/watch-events.ts';
import { makeTriggerMetrics } from './metrics.ts';
import { makeReadStarts } from './starts/read-starts.ts';
import { makeRequestRun } from './starts/request-run.ts';
import { makeStartableWorkflows } from './starts/startable-workflows.ts';
import { makeKnownTriggers } from './triggers/known-triggers.ts';
import { makeLookThroughLedger } from './webhooks/look-through-ledger.ts';
import { makeQueueDeliveries } from './webhooks/queue-deliveries.ts';
import { makeWatchWebhooks, type WatchWebhooks } from './webhooks/watch-webhooks.ts';
import { makeWebhookMetrics } from './webhooks/webhook-metrics.ts';

export interface TriggerParts {
  ledger: Ledger;
  bus: Bus;
  logger: Logger;
  registry: Registry;
}

export interface TriggerModuleParts {
  module: DynamicModule;
  /** To be started while this replica leads. */
  events: WatchEvents;
  /** To be started while this replica leads. */
  webhooks: WatchWebhooks;
  /** To be called when the changes are not read any more. */
  stopOvertaking: () => void;
}

class TriggerModule {}

/** The trigger service's parts, put together. */
export const triggerModule = ({ ledger, bus, logger, registry }: TriggerParts): TriggerModuleParts => {
  const metrics = makeTriggerMetrics(registry);
  const putAside = makePutAside({ bus, metrics, logger });
  const knownTriggers = makeKnownTriggers({ ledger, logger });
  const readStarts = makeReadStarts({ startable: makeStartableWorkflows({ ledger }) });
  const lookAgain = makeLookAgain({ ledger, bus });
  const newAdmitRuns = () => makeAdmitRuns({ requestRun: makeRequestRun({ ledger }), bus, metrics, logger });
  const admitRuns = newAdmitRuns();
  const recordEvaluations = makeRecordEvaluations({ ledger, logger });
  const overtake = makeOvertake({
    bus,
    knownTriggers,
    admitRuns: newAdmitRuns(),
    logger,
  });
  const handleChanges = makeHandleChanges({
    knownTriggers,
    readStarts,
    lookAgain,
    admitRuns,
    recordEvaluations,
    putAside,
    overtake,
    flush: bus.flush,
    metrics,
  });
  const match = makeMatchEvents({ ledger, knownTriggers, admitRuns: newAdmitRuns(), putAside, flush: bus.flush });
  const webhookMetrics = makeWebhookMetrics(registry);
  const queueDeliveries = makeQueueDeliveries({ ledger, bus, metrics: webhookMetrics, logger });
  const lookThroughLedger = makeLookThroughLedger({ ledger, queueDeliveries, metrics: webhookMetrics });
  const webhooks = makeWatchWebhooks({ ledger, bus, queueDeliveries, lookThroughLedger, logger });
  const module = {
    module: TriggerModule,
    controllers: [ChangesController],
    providers: [{ provide: HANDLE_CHANGES, useValue: handleChanges }],
  };
  return { module, events: makeWatchEvents({ match, bus, logger }), webhooks, stopOvertaking: overtake.stop };
};
