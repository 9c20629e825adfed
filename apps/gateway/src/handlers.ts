import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger, SecretCipher } from '@nightshift/runtime';
import type { Registry } from 'prom-client';
import { makeAuditHandlers } from './audit/audit-handlers.ts';
import { makeChainHandlers } from './chains/chain-handlers.ts';
import { makeDeadLetterHandlers } from './dead-letters/dead-letter-handlers.ts';
import type { Access } from './door/access.ts';
import type { Doorkeeper } from './door/grant.ts';
import { makeEndpointHandlers } from './endpoints/endpoint-handlers.ts';
import { makeEvaluationHandlers } from './evaluations/evaluation-handlers.ts';
import { makeEventSourceHandlers } from './event-sources/event-source-handlers.ts';
import { makeBacklogBudget } from './events/backlog-budget.ts';
import { makeEventHandlers } from './events/event-handlers.ts';
import { makeRunFeed } from './events/run-feed.ts';
import { makeOpenSseOutlet } from './events/sse-outlet.ts';
import { makeWriteTurns } from './events/write-turns.ts';
import { makeFileHandlers } from './files/file-handlers.ts';
import type { FileStorage } from './files/storage/file-storage.ts';
import { makeFlowHandlers } from './flow/flow-handlers.ts';
import type { Claims } from './idempotency/claims.ts';
import { makeAskImports, makeFindImport } from './imports/ask-imports.ts';
import { makeImportHandlers } from './imports/import-handlers.ts';
import { makeIssuerHandlers } from './issuers/issuer-handlers.ts';
import { makeKeyHandlers } from './keys/key-handlers.ts';
import { makeListHandlers } from './lists/list-handlers.ts';
import { makeMailboxHandlers } from './mailbox/mailbox-handlers.ts';
import { addMetrics } from './metrics.ts';
import { makeAnswerDocument } from './openapi/answer-document.ts';
import { openDocsPage } from './openapi/docs-page.ts';
import { makeExposedWorkflows } from './openapi/exposed-workflows.ts';
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
  access: Pick<Access, 'keyring' | 'issuers' | 'isUser' | 'allowsLoopback'>;
  /** Asked again about those who stay for long. */
  doorkeeper: Doorkeeper;
  /** What links are signed with, another key for each purpose. @throws Failure `secret.unavailable` where there is no key */
  linkKey: (purpose: string) => Buffer;
  progress: ProgressOptions;
  /** How long the data service may take for a change of many things. */
  bulkTimeoutMs: number;
  /** What may wait in memory for all slow readers of live events together. */
  eventBacklogMaxBytes: number;
  eventBeatMs: number;
  files: { storage: FileStorage | undefined; maxBytes: number };
  /** Of signed requests, too. Closed with the rest, so that nobody waits for an answer that will not come. */
  claims: Pick<Claims, 'claim' | 'keepAnswer' | 'release' | 'close'>;
}

/** Everything that the door can do, put together once. */
export const makeHandlers = (deps: GatewayDeps) => {
  const { ledger, bus, cipher, logger, metrics, linkKey, claims, bulkTimeoutMs } = deps;
  const nowMs = Date.now;
  const askData = makeAskData({ bus });
  const askImports = makeAskImports({ bus });
  const published = makePublishedWorkflows({ ledger, bus, nowMs });
  const exposed = makeExposedWorkflows({ ledger, bus, nowMs });
  const callers = makeWaitingCallers({ bus });
  const dispatchRuns = makeDispatchRuns({ bus });
  const startRun = makeStartRun({ ledger, dispatchRuns, callers });
  const announceControl = makeAnnounceControl({ bus, dispatchRuns, nowMs });
  const feed = makeRunFeed({ bus });
  const backlog = makeBacklogBudget(deps.eventBacklogMaxBytes);
  const openSse = makeOpenSseOutlet({ turns: makeWriteTurns(), budget: backlog });
  const progress = makeProgressHandlers({
    ledger,
    bus,
    feed,
    openSse,
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
  const events = makeEventHandlers({
    ledger,
    bus,
    feed,
    openSse,
    budget: backlog,
    doorkeeper: deps.doorkeeper,
    linkKey: () => linkKey('event links'),
    nowMs,
    publicUrl: deps.progress.publicUrl,
    allowsOrigin: () => false,
    beatMs: deps.eventBeatMs,
  });

  const settleFromLedger = makeSettleFromLedger({ ledger, callers });
  const stopReconnect = bus.onReconnect(() => {
    settleFromLedger().catch((error: unknown) => logger.warn({ err: error }, 'outcomes cannot be read yet'));
  });
  addSlotMetric(metrics, ledger);
  addMetrics(metrics, {
    callers,
    events: events.streams,
    sockets: events.sockets,
    backlog: {
      get count() {
        return backlog.bytes;
      },
    },
    progress: progress.streams,
  });

  return {
    runs: makeRunHandlers({ ledger, published, startRun, announceControl, dispatchRuns }),
    endpoints: makeEndpointHandlers({
      ledger,
      published,
      startRun,
      cipher,
      claims,
      logger,
      linkKey,
      nowMs,
      publicUrl: deps.progress.publicUrl,
    }),
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
    issuers: makeIssuerHandlers({ ledger, bus, ...deps.access }),
    audit: makeAuditHandlers(ledger),
    keys: makeKeyHandlers({ ledger, bus, nowMs, ...deps.access }),
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
    openApi: makeAnswerDocument({ exposed, url: deps.progress.publicUrl ?? '' }),
    docsPage: openDocsPage(),
    /** Lets go of everybody who waits: callers are told where to look, streams end and are resumed elsewhere. */
    close: async (): Promise<void> => {
      stopReconnect();
      callers.close();
      claims.close();
      events.close();
      progress.close();
      published.close();
      exposed.close();
      await files.close();
      await feed.close();
    },
  };
};
