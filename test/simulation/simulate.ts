import { createHash } from 'node:crypto';
import type { RunEvent } from '@nightshift/contracts';
import { linkBus, type Listeners, type SimulatedBus } from './bus-link.ts';
import { makeChance } from './chance.ts';
import { makeDataService, type Applied, type DataFlaws } from './data-service.ts';
import { startExecutor, type ExecutorFlaws } from './executor-process.ts';
import { findViolations, lockViolation } from './invariants.ts';
import { makeJetStream, type MessageWeather } from './jetstream.ts';
import { linkLedger, type LedgerFlaws, type SimulatedLedger } from './ledger-link.ts';
import { makeProcess, type Process, type Weather } from './machine.ts';
import { emptyTables } from './memory-tables.ts';
import { startScheduler } from './scheduler-process.ts';
import { makeUsers } from './users.ts';
import { makeVirtualTime } from './virtual-time.ts';

/** What is broken on purpose, to prove that the simulation would notice. */
export type Flaws = LedgerFlaws & DataFlaws & ExecutorFlaws;

export interface SimulationOptions {
  flaws?: Flaws;
  /** Hears what happens, line by line. */
  onTrace?: (line: string) => void;
}

export interface Simulated {
  seed: number;
  /** Of everything that happened: equal for equal seeds. */
  traceHash: string;
  /** What was promised and does not hold. */
  violations: string[];
  histories: ReadonlyMap<string, readonly RunEvent[]>;
  counts: Counts;
}

export interface Counts {
  runs: number;
  events: number;
  crashes: number;
  stalls: number;
  conflicts: number;
  redeliveries: number;
}

/** 2026-01-01, a moment like any other. */
const START_MS = 1_767_225_600_000;
const EXECUTORS = 3;
/** How long the weather is bad, at most. */
const STORM_MS = 20_000;
/** By then everything has ended, or never will: it is the longest lease, wait and back-off several times over. */
const PATIENCE_MS = 15 * 60_000;
const TIDY_EVERY_MS = 2_000;
/** What was under way when the weather was bad has arrived by then. */
const LONGEST_CALL_MS = 13_000;
/** And in calm weather what follows the last commit has. */
const SETTLES_WITHIN_MS = 500;

const calm: Weather = { crash: 0, stall: 0, lostCall: 0, lostAnswer: 0, late: 0 };

/**
 * Runs some workflows on executors, a scheduler, a ledger, a stream and a data service that all live in this process and on a clock of
 * its own. For a while what can go wrong does. Then everything must come to an end, and what was promised must hold. The seed decides
 * all of it.
 */
export const simulate = async (seed: number, { flaws = {}, onTrace }: SimulationOptions = {}): Promise<Simulated> => {
  const time = makeVirtualTime(START_MS);
  const chance = makeChance(seed);
  const hash = createHash('sha256');
  const counts: Counts = { runs: 0, events: 0, crashes: 0, stalls: 0, conflicts: 0, redeliveries: 0 };
  const violations: string[] = [];
  const effects: Applied[] = [];
  const untold = new Set<string>();

  const trace = (line: () => string): void => {
    const text = `${(time.now() - START_MS).toFixed(1).padStart(9)} ${line()}`;
    hash.update(text);
    onTrace?.(text);
  };
  const { weather, messages } = forecast(chance.random);
  const tables = emptyTables(time.now);
  const data = makeDataService({
    time,
    chance,
    flaws,
    onApplied: (applied) => {
      trace(() => `data: ${applied.action} under ${applied.key}`);
      effects.push(applied);
      const violation = lockViolation(tables, applied);
      if (violation) violations.push(violation);
    },
  });
  const jetStream = makeJetStream({
    time,
    chance,
    weather: messages,
    onDelivered: ({ runId, version }, to, delivery) => {
      trace(() => `${to.kind}: dispatch of ${runId} at ${version}, delivery ${delivery}`);
      if (delivery > 1) counts.redeliveries++;
    },
    onDead: ({ runId }, error) => violations.push(`run ${runId} was given up by its executor: ${errorText(error)}`),
    onLost: ({ runId }) => {
      trace(() => `the stream loses a dispatch of ${runId}`);
      untold.add(runId);
    },
  });
  const listeners: Listeners = new Map();
  const endedBy = new Map<string, Process>();

  const boot = (
    name: string,
    exposedTo: Weather,
    start: (process: Process, ledger: SimulatedLedger, bus: SimulatedBus) => { close: () => void } | void,
  ): void => {
    const process: Process = makeProcess(name, counts.crashes, {
      time,
      chance,
      weather: exposedTo,
      onDeath: () => {
        trace(() => `${name} dies`);
        counts.crashes++;
        jetStream.leave(process);
        // Nobody hears of a run's end from who dies with its commit, unless another one still has a dispatch of it.
        for (const [runId, by] of endedBy) if (by === process && !jetStream.holds(runId)) untold.add(runId);
        // It may die while it starts.
        void Promise.resolve().then(() => started?.close());
        time.after(chance.between(50, 4_000), () => boot(name, exposedTo, start));
      },
      onStall: () => {
        trace(() => `${name} stands still`);
        counts.stalls++;
        jetStream.stalled(process);
      },
    });
    const ledger = linkLedger({
      tables,
      process,
      chance,
      flaws,
      onAppend: ({ runId, events }, { outcome }) => {
        if (outcome === 'appended' && tables.runs.get(runId)?.finishedAt != null) endedBy.set(runId, process);
        trace(() => `${name}: ${outcome} ${runId} ${events.map(describe).join(', ')}`);
        if (outcome === 'conflict') counts.conflicts++;
      },
      // An executor finds its own events in the ledger; who controls runs finds only that they are as he wants them.
      onUnanswered: ({ runId }) => {
        if (name === 'gateway') untold.add(runId);
      },
    });
    const bus = linkBus({ process, jetStream, listeners, data });
    const started = start(process, ledger, bus);
  };

  const uninstall = time.install(chance.random);
  const { stackTraceLimit } = Error;
  // Failures are everyday life here, and their stacks cost more than anything else; a replay that is told has them.
  if (!onTrace) Error.stackTraceLimit = 0;
  try {
    for (let executor = 1; executor <= EXECUTORS; executor++)
      boot(`executor ${executor}`, weather, (process, ledger, bus) => {
        const { handle, close } = startExecutor({ process, ledger, bus, chance, flaws });
        jetStream.work(process, handle);
        return { close };
      });
    boot('scheduler', { ...weather, stall: 0 }, (_, ledger, bus) => startScheduler({ ledger, bus }));
    let users!: ReturnType<typeof makeUsers>;
    boot('gateway', { ...weather, crash: 0, stall: 0 }, (process, ledger, bus) => {
      users = makeUsers({
        seed,
        time,
        chance,
        process,
        ledger,
        bus,
        tables,
        onUnanswered: (runId) => untold.add(runId),
      });
    });

    const quietAt = users.begin();
    const { haveEnded } = users;
    await time.pass(time.now() + chance.between(100, STORM_MS));
    const calmAt = time.now();
    chance.calmDown();
    trace(() => 'the weather is calm');
    await time.pass(quietAt, haveEnded);
    await time.pass(time.now() + TIDY_EVERY_MS);
    const patienceEnds = time.now() + PATIENCE_MS;
    do {
      users.tidyUp();
      await time.pass(time.now() + TIDY_EVERY_MS);
      await time.pass(time.now() + 5 * TIDY_EVERY_MS, haveEnded);
    } while (!haveEnded() && time.now() < patienceEnds);
    await time.pass(Math.max(calmAt + LONGEST_CALL_MS, time.now() + SETTLES_WITHIN_MS));
    // Places in the queues of locks are taken away at one of the scheduler's next looks.
    await time.pass(patienceEnds, () => jetStream.isIdle() && tables.locks.length === 0);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    uninstall();
  }

  violations.push(...findViolations({ tables, effects, kept: data.kept, feed: jetStream.feed, untold }));
  counts.runs = tables.runs.size;
  for (const history of tables.events.values()) counts.events += history.length;
  return { seed, traceHash: hash.digest('hex'), violations, histories: tables.events, counts };
};

const errorText = (error: unknown): string =>
  error instanceof Error
    ? `${error.stack}${error.cause ? `\ncaused by ${errorText(error.cause)}` : ''}`
    : String(error);

const describe = (event: { type: string; data: object }): string =>
  'step' in event.data ? `${event.type} ${String(event.data.step)}` : event.type;

/** Some seeds break everything, some only one thing, and some nothing. */
const forecast = (random: () => number): { weather: Weather; messages: MessageWeather } => {
  const strength = random() < 0.1 ? 0 : random() < 0.3 ? 3 : 1;
  const some = (probability: number): number => (random() < 0.6 ? probability * strength * random() : 0);
  return {
    weather: {
      ...calm,
      crash: some(0.06),
      stall: some(0.03),
      lostCall: some(0.05),
      lostAnswer: some(0.08),
      late: some(0.05),
    },
    messages: { lost: some(0.15), wiped: some(0.03), again: some(0.2), slow: some(0.3) },
  };
};
