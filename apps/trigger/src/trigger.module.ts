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
import { makeTriggerMetrics } from './metrics.ts';
import { makeKnownTriggers } from './triggers/known-triggers.ts';

export interface TriggerParts {
  ledger: Ledger;
  bus: Bus;
  logger: Logger;
  registry: Registry;
}

export interface TriggerModuleParts {
  module: DynamicModule;
  /** To be called when the changes are not read any more. */
  stopOvertaking: () => void;
}

class TriggerModule {}

/** The trigger service's parts, put together. */
export const triggerModule = ({ ledger, bus, logger, registry }: TriggerParts): TriggerModuleParts => {
  const metrics = makeTriggerMetrics(registry);
  const putAside = makePutAside({ bus, metrics, logger });
  const knownTriggers = makeKnownTriggers({ ledger, logger });
  const admitRuns = makeAdmitRuns({ ledger, bus, metrics, logger });
  const recordEvaluations = makeRecordEvaluations({ ledger, logger });
  const overtake = makeOvertake({
    bus,
    knownTriggers,
    admitRuns: makeAdmitRuns({ ledger, bus, metrics, logger }),
    logger,
  });
  const handleChanges = makeHandleChanges({
    knownTriggers,
    admitRuns,
    recordEvaluations,
    putAside,
    overtake,
    flush: bus.flush,
    metrics,
  });
  const module = {
    module: TriggerModule,
    controllers: [ChangesController],
    providers: [{ provide: HANDLE_CHANGES, useValue: handleChanges }],
  };
  return { module, stopOvertaking: overtake.stop };
};
