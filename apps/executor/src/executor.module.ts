import type { DynamicModule } from '@nestjs/common';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeAdvanceRun } from './advance-run.ts';
import { makeAnnounceCommit } from './after-commit.ts';
import type { ExecutorConfig } from './config.ts';
import { makeDefinitions } from './definitions.ts';
import { ADVANCE_RUN, DispatchController } from './dispatch.controller.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { makeEgress } from './perform/egress.ts';
import { makePerformers } from './perform/performers.ts';
import { makePublishEvents } from './run-feed.ts';

export interface ExecutorParts {
  config: ExecutorConfig;
  ledger: Ledger;
  bus: Bus;
  leases: LeaseKeeper;
}

class ExecutorModule {}

/** The executor's parts, put together. */
export const executorModule = ({ config, ledger, bus, leases }: ExecutorParts): DynamicModule => {
  const publishEvents = makePublishEvents(bus);
  const definitions = makeDefinitions({ ledger, bus });
  const allow = config.NIGHTSHIFT_EGRESS_ALLOW.split(',').map((entry) => entry.trim());
  const performers = makePerformers({
    bus,
    definitions,
    http: { dispatcher: makeEgress(allow), maxAnswerBytes: config.NIGHTSHIFT_HTTP_ANSWER_MAX_BYTES },
  });
  const announceCommit = makeAnnounceCommit({ bus, publishEvents });
  const advanceRun = makeAdvanceRun({ ledger, definitions, performers, leases, announceCommit, publishEvents });
  return {
    module: ExecutorModule,
    controllers: [DispatchController],
    providers: [{ provide: ADVANCE_RUN, useValue: advanceRun }],
  };
};
