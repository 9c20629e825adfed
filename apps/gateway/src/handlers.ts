import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger, SecretCipher } from '@nightshift/runtime';
import type { Registry } from 'prom-client';
import { makeChainHandlers } from './chains/chain-handlers.ts';
import { makeDeadLetterHandlers } from './dead-letters/dead-letter-handlers.ts';
import type { RouteTable } from './door/route-table.ts';
import { makeCallEndpoint } from './endpoints/call-endpoint.ts';
import { makeEvaluationHandlers } from './evaluations/evaluation-handlers.ts';
import { makeEventSourceHandlers } from './event-sources/event-source-handlers.ts';
import { makeAssertExists } from './events/assert-exists.ts';
import { makeEventStreams } from './events/event-streams.ts';
import { makeRunFeed } from './events/run-feed.ts';
import { makeFileHandlers } from './files/file-handlers.ts';
import type { FileStorage } from './files/storage/file-storage.ts';
import { makeFlowHandlers } from './flow/flow-handlers.ts';
import type { Claims } from './idempotency/claims.ts';
import { makeAskImports, makeFindImport } from './imports/ask-imports.ts';
import { makeImportHandlers } from './imports/import-handlers.ts';
import { makeListHandlers } from './lists/list-handlers.ts';
import { makeMailboxHandlers } from './mailbox/mailbox-handlers.ts';
import { addMetrics } from './metrics.ts';
import { makeOpenApiDocument } from './openapi/openapi-document.ts';
import { makeReceiveEvents } from './outside-events/receive-events.ts';
import { makeProgressHandlers, type ProgressOptions } from './progress/progress-handlers.ts';
import { makeReceivedEventHandlers } from './received-events/received-event-handlers.ts';
import { makeRecurrenceHandlers } from './recurrences/recurrence-handlers.ts';
import { makeAnnounceControl } from './runs/announce-control.ts';
import { makeDispatchRuns } from './runs/dispatch-runs.ts';
import { makeRunHandlers } from './runs/run-handlers.ts';
import { makeSettleFromLedger } from './runs/settle-from-ledger.ts';
import { makeStartRun } from './runs/start-run.ts';
import { makeWaitingCallers } from './runs/waiting-callers.ts';
import { makeScheduleHandlers } from './schedules/schedule-handlers.ts';
import { makeSecretHandlers } from './secrets/secret-handlers.ts';
import { makeAskBulk, makeAskData, makeAskVersioned } from './things/ask-data.ts';
import { makeBulkHandlers } from './things/bulk-handlers.ts';
import { makeExportThings } from './things/export-things.ts';
import { makeThingHandlers } from './things/thing-handlers.ts';
import { addSlotMetric } from './changes/slot-metric.ts';
import { makeChangeHandlers } from './changes/change-handlers.ts';
import { makeTypeHandlers } from './types/type-handlers.ts';
import { makeWebhookHandlers } from './webhooks/webhook-handlers.ts';
import { makePublishedWorkflows } from './workflows/published-workflows.ts';
import { makeWorkflowHandlers } from './workflows/workflow-handlers.ts';

export interface GatewayDeps {
  ledger: Ledger;
  bus: Bus;
  cipher: SecretCipher;
  logger: Logger;
  metrics: Registry;
  routes: RouteTable;
  /** What links are signed with, another key for each purpose. @throws Failure `secret.unavailable` where there is no key */
  linkKey: (purpose: string) => Buffer;
  progress: ProgressOptions;
  /** How long the data service may take for a change of many things. */
  bulkTimeoutMs: number;
  files: { storage: FileStorage | undefined; maxBytes: number };
  /** Closed with the rest, so that nobody waits for an answer that will not come. */
  claims: Pick<Claims, 'close'>;
}

/** Everything that the door can do, put together once. */
export const makeHandlers = (deps: GatewayDeps) => {
  const { ledger, bus, cipher, logger, metrics, routes, linkKey, claims, bulkTimeoutMs } = deps;
  const nowMs = Date.now;
  const askData = makeAskData({ bus });
  const askImports = makeAskImports({ bus });
  const published = makePublishedWorkflows({ ledger, bus, nowMs });
  const callers = makeWaitingCallers({ bus });
  const dispatchRuns = makeDispatchRuns({ bus });
  const startRun = makeStartRun({ ledger, dispatchRuns, callers });
  const announceControl = makeAnnounceControl({ bus, dispatchRuns, nowMs });
  const feed = makeRunFeed({ bus });
  const progress = makeProgressHandlers({
    ledger,
    bus,
    feed,
    findImport: makeFindImport(askImports),
    nowMs,
    linkKey: () => linkKey('progress links'),
    options: deps.progress,
  });
  const files = makeFileHandlers({
    ...deps.files,
    bus,
    logger,
    nowMs,
    linkKey: () => linkKey('file links'),
    publicUrl: deps.progress.publicUrl,
  });
  const events = makeEventStreams({ ledger, bus, feed, logger, assertExists: makeAssertExists({ ledger }) });

  const settleFromLedger = makeSettleFromLedger({ ledger, callers });
  const stopReconnect = bus.onReconnect(() => {
    settleFromLedger().catch((error: unknown) => logger.warn({ err: error }, 'outcomes cannot be read yet'));
  });
  addSlotMetric(metrics, ledger);
  addMetrics(metrics, { callers, events, progress: progress.streams });

  return {
    runs: makeRunHandlers({ ledger, published, startRun, announceControl, dispatchRuns }),
    callEndpoint: makeCallEndpoint({ published, startRun }),
    workflows: makeWorkflowHandlers({ ledger, bus, published, announceControl }),
    schedules: makeScheduleHandlers({ ledger, bus, published, dispatchRuns, announceControl }),
    lists: makeListHandlers({ ledger, bus, published, askData, announceControl, dispatchRuns }),
    recurrences: makeRecurrenceHandlers({ ledger, bus, published, askData, nowMs }),
    flows: makeFlowHandlers({ ledger, dispatchRuns }),
    evaluations: makeEvaluationHandlers({ ledger, nowMs }),
    progress,
    chains: makeChainHandlers({ ledger, announceControl, dispatchRuns }),
    events,
    receiveEvents: makeReceiveEvents({ ledger, bus, dispatchRuns, nowMs }),
    eventSources: makeEventSourceHandlers({ ledger, bus, cipher, dispatchRuns, nowMs }),
    receivedEvents: makeReceivedEventHandlers({ ledger, bus, nowMs }),
    webhooks: makeWebhookHandlers({ ledger, bus, cipher, nowMs }),
    secrets: makeSecretHandlers({ ledger, cipher }),
    mailbox: makeMailboxHandlers({ ledger }),
    deadLetters: makeDeadLetterHandlers({ bus }),
    changes: makeChangeHandlers({ bus }),
    types: makeTypeHandlers({ bus }),
    bulkThings: makeBulkHandlers(makeAskBulk({ bus, timeoutMs: bulkTimeoutMs })),
    exportThings: makeExportThings({ bus }),
    imports: makeImportHandlers(askImports),
    things: makeThingHandlers({ askData, askVersioned: makeAskVersioned({ bus }) }),
    files,
    openApi: () => makeOpenApiDocument(routes),
    /** Lets go of everybody who waits: callers are told where to look, streams end and are resumed elsewhere. */
    close: async (): Promise<void> => {
      stopReconnect();
      callers.close();
      claims.close();
      events.close();
      progress.close();
      published.close();
      await files.close();
      await feed.close();
    },
  };
};
