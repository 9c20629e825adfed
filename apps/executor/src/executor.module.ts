import type { DynamicModule } from '@nestjs/common';
import { signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeSecretCipher, type Logger } from '@nightshift/runtime';
import { makeAdvanceRun } from './advance-run.ts';
import { makeAnnounceCommit } from './after-commit.ts';
import type { ExecutorConfig } from './config.ts';
import { makeDefinitions } from './definitions.ts';
import { ADVANCE_RUN, DispatchController } from './dispatch.controller.ts';
import { tellHands, type Hands } from './hand.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { ExecutorMetrics } from './metrics.ts';
import { makeIsInOtherHands } from './other-hands.ts';
import { makeEgress } from './perform/egress.ts';
import { makeHoldBack } from './perform/guards.ts';
import { makeLocalMailbox } from './perform/local-mailbox.ts';
import { makePerformers } from './perform/performers.ts';
import { makeSmtp } from './perform/smtp.ts';
import { makePublishEvents } from './run-feed.ts';
import { makeReadSecrets } from './secrets.ts';
import { makeTellCallers } from './tell-callers.ts';
import { makePerformTransaction } from './transaction.ts';
import { openWebhooks } from './webhooks/open-webhooks.ts';

export interface ExecutorParts {
  config: ExecutorConfig;
  ledger: Ledger;
  bus: Bus;
  leases: LeaseKeeper;
  logger: Logger;
  metrics: ExecutorMetrics;
}

const HOUR_MS = 60 * 60_000;
const CONNECTIONS = Symbol('connections to the outside');

class ExecutorModule {}

/** The executor's parts, put together. */
export const executorModule = ({ config, ledger, bus, leases, logger, metrics }: ExecutorParts): DynamicModule => {
  const publishEvents = makePublishEvents(bus);
  const tellCallers = makeTellCallers({ bus });
  const definitions = makeDefinitions({ ledger, bus });
  const holdBack = makeHoldBack({ logger, breaches: metrics.guardBreaches });
  const allow = config.NIGHTSHIFT_EGRESS_ALLOW.split(',').map((entry) => entry.trim());
  const smtp = config.NIGHTSHIFT_SMTP_URL === '' ? undefined : makeSmtp(config.NIGHTSHIFT_SMTP_URL);
  const egress = makeEgress(allow);
  const performers = makePerformers({
    ledger,
    bus,
    definitions,
    logger,
    holdBack,
    http: { dispatcher: egress, maxAnswerBytes: config.NIGHTSHIFT_HTTP_ANSWER_MAX_BYTES },
    email: { from: config.NIGHTSHIFT_EMAIL_FROM, deliver: smtp?.deliver ?? makeLocalMailbox(ledger) },
  });
  const onError = (error: unknown): void => logger.warn({ err: error }, 'emitted events not delivered yet');
  const cipher = makeSecretCipher(config.NIGHTSHIFT_SECRETS_KEY);
  const readSecrets = makeReadSecrets({ ledger, cipher });
  const closeWebhooks = openWebhooks({
    ...{ ledger, bus, cipher, readSecrets, logger },
    dispatcher: egress,
    retryForMs: config.NIGHTSHIFT_WEBHOOKS_RETRY_HOURS * HOUR_MS,
    metrics: metrics.webhooks,
  });
  const close = async (): Promise<void> => {
    await closeWebhooks();
    tellCallers.close();
    smtp?.close();
    await egress.close();
  };
  const hands: Hands = new Map();
  bus.subscribe(signals.interrupted, (body) => tellHands(hands, (body as { runIds: string[] }).runIds));
  const advanceRun = makeAdvanceRun({
    ledger,
    definitions,
    performers,
    holdBack,
    leases,
    hands,
    isInOtherHands: makeIsInOtherHands(bus, hands),
    publishEvents,
    tellCallers,
    announceCommit: makeAnnounceCommit({ ledger, bus, publishEvents, tellCallers, onError }),
    performTransaction: makePerformTransaction(bus),
    readSecrets,
  });
  return {
    module: ExecutorModule,
    controllers: [DispatchController],
    providers: [
      { provide: ADVANCE_RUN, useValue: advanceRun },
      { provide: CONNECTIONS, useValue: { onModuleDestroy: close } },
    ],
  };
};
