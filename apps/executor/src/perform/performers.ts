import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { Definitions } from '../definitions.ts';
import { makePerformCall } from './call.ts';
import { makePerformCancel } from './cancel.ts';
import { makePerformData } from './data.ts';
import { makePerformEmail, type PerformEmailDeps } from './email.ts';
import { performEmit } from './emit.ts';
import { makeFindBreach, type HoldBack } from './guards.ts';
import { makePerformHttp, type PerformHttpDeps } from './http.ts';
import { makePerformLog } from './log.ts';
import type { Performers } from './performed.ts';
import { performProgress } from './progress.ts';
import { performRaise } from './raise.ts';
import { makePerformSetRecurrence } from './set-recurrence.ts';
import { makePerformStartList } from './start-list.ts';
import { makePerformStart } from './start.ts';
import { performRespond } from './respond.ts';
import { performStop } from './stop.ts';
import { performValue } from './value.ts';
import { performWaitFor } from './wait-for.ts';
import { performWait } from './wait.ts';

export interface PerformersDeps {
  ledger: Ledger;
  bus: Bus;
  definitions: Definitions;
  logger: Logger;
  holdBack: HoldBack;
  http: PerformHttpDeps;
  email: PerformEmailDeps;
}

/** One performer for each kind of effect that the core can ask for. */
export const makePerformers = (deps: PerformersDeps): Performers => {
  const { ledger, bus, definitions, logger, holdBack, http, email } = deps;
  const findBreach = makeFindBreach({ ledger, holdBack });
  return {
    value: performValue,
    data: makePerformData(bus),
    http: makePerformHttp(http),
    email: makePerformEmail(email),
    wait: performWait,
    waitFor: performWaitFor,
    start: makePerformStart({ ledger, bus, definitions, findBreach }),
    startList: makePerformStartList(definitions),
    call: makePerformCall(definitions, findBreach),
    cancel: makePerformCancel({ ledger, bus }),
    setRecurrence: makePerformSetRecurrence({ ledger, bus, definitions }),
    emit: performEmit,
    log: makePerformLog(logger),
    progress: performProgress,
    respond: performRespond,
    raise: performRaise,
    stop: performStop,
  };
};
