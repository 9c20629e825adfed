import { Failure, signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import { makeAdvanceRun, type AdvanceRunDeps } from '../../apps/executor/src/advance-run.ts';
import { makeAnnounceCommit } from '../../apps/executor/src/after-commit.ts';
import { tellHands, type Hands } from '../../apps/executor/src/hand.ts';
import { makeIsInOtherHands } from '../../apps/executor/src/other-hands.ts';
import { makeLeaseKeeper } from '../../apps/executor/src/lease-keeper.ts';
import { failed } from '../../apps/executor/src/perform/failed.ts';
import { makeHoldBack } from '../../apps/executor/src/perform/guards.ts';
import type { Performers } from '../../apps/executor/src/perform/performed.ts';
import { makePerformers } from '../../apps/executor/src/perform/performers.ts';
import { makePublishEvents } from '../../apps/executor/src/run-feed.ts';
import { makePerformTransaction } from '../../apps/executor/src/transaction.ts';
import type { SimulatedBus } from './bus-link.ts';
import type { Chance } from './chance.ts';
import { definitions } from './documents.ts';
import type { Handle } from './jetstream.ts';
import type { SimulatedLedger } from './ledger-link.ts';
import type { Process } from './machine.ts';

/** What a broken executor does, to prove that the simulation would notice. */
export interface ExecutorFlaws {
  /** A commit that meets others' events counts as done. */
  dropsEventsOnConflict?: boolean;
}

export interface ExecutorProcessDeps {
  process: Process;
  ledger: SimulatedLedger;
  bus: SimulatedBus;
  chance: Chance;
  flaws: ExecutorFlaws;
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;

/** The executor's own parts, put together as its module does it, on simulated servers. */
export const startExecutor = (deps: ExecutorProcessDeps): { handle: Handle; close: () => void } => {
  const bus = deps.bus as Bus;
  const ledger = withFlaws(deps.ledger as Ledger, deps.flaws);
  const publishEvents = makePublishEvents(bus);
  // Nobody waits for a run here.
  const tellCallers = Object.assign(() => {}, { close() {} });
  const holdBack = makeHoldBack({ logger: silent, breaches: { inc() {} } as never });
  const hands: Hands = new Map();
  const interruptions = bus.subscribe(signals.interrupted, (body) =>
    tellHands(hands, (body as { runIds: string[] }).runIds),
  );
  const leases = makeLeaseKeeper(ledger, () => {});
  const parts: AdvanceRunDeps = {
    ledger,
    definitions,
    performers: {
      ...makePerformers({ ledger, bus, definitions, logger: silent, holdBack, http: {} as never, email: {} as never }),
      http: makePerformHttp(deps),
    },
    holdBack,
    leases,
    hands,
    isInOtherHands: makeIsInOtherHands(bus, hands),
    publishEvents,
    tellCallers,
    announceCommit: makeAnnounceCommit({ ledger, bus, publishEvents, tellCallers, onError: () => {} }),
    performTransaction: makePerformTransaction(bus),
    readSecrets: () => Promise.reject(new Failure('secret.not_found')),
  };
  return {
    handle: makeAdvanceRun(parts),
    close: () => {
      leases.close();
      interruptions.close();
    },
  };
};

/** A server somewhere that is overloaded now and then. */
const makePerformHttp =
  ({ process, chance }: ExecutorProcessDeps): Performers['http'] =>
  () =>
    process.call(
      () =>
        chance.strikes(0.4)
          ? failed(new Failure('http.status', { status: 503 }))
          : { outcome: { kind: 'completed', result: { status: 200 } } },
      () => failed(new Failure('http.failed')),
    );

const withFlaws = (ledger: Ledger, { dropsEventsOnConflict }: ExecutorFlaws): Ledger => {
  if (!dropsEventsOnConflict) return ledger;
  const append: Ledger['runs']['append'] = async (given) => {
    const appended = await ledger.runs.append(given);
    return appended.outcome === 'conflict' ? { outcome: 'appended', listId: null, callerRunId: null } : appended;
  };
  return { ...ledger, runs: { ...ledger.runs, append } };
};
