import type { BurstFigures } from '../scenarios/burst.ts';
import type { CaptureFigures } from '../scenarios/capture.ts';
import type { ChangeFigures } from '../scenarios/change.ts';
import type { Latencies } from '../scenarios/latencies.ts';
import type { EndpointScenarioFigures } from '../scenarios/endpoint.ts';
import type { ListFigures } from '../scenarios/list.ts';
import type { ManyTriggersFigures } from '../scenarios/many-triggers.ts';
import type { MemoryFigures } from '../scenarios/memory.ts';
import type { PaceFigures } from '../scenarios/pace.ts';
import type { SearchFigures } from '../scenarios/search.ts';
import type { StormFigures } from '../scenarios/storm.ts';
import type { SubscriptionsFigures } from '../scenarios/subscriptions.ts';
import type { ThreeStepsFigures } from '../scenarios/three-steps.ts';
import type { TimersFigures } from '../scenarios/timers.ts';
import type { EndpointFigures } from '../load/measure-endpoint.ts';
import { cpuTable } from './cpu-table.ts';
import { tenths, textTable, whole } from './text-table.ts';

/** The benchmarks speak to a person; everything else goes to the file of `--out`. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

export const sayEndpoint = (name: string, { busy, oneAtATime }: EndpointFigures): void => {
  const errors = busy.errors + oneAtATime.errors;
  const parts = [
    `${name.padEnd(22)} ${whole(busy.perSecond).padStart(6)} runs/s`,
    `100 callers p50 ${tenths(busy.p50Ms)} p99 ${tenths(busy.p99Ms)} ms`,
    `one at a time p50 ${tenths(oneAtATime.p50Ms)} p99 ${tenths(oneAtATime.p99Ms)} ms`,
    ...(errors > 0 ? [`${errors} errors: ${busy.firstError ?? oneAtATime.firstError}`] : []),
  ];
  say(parts.join('   '));
};

export const sayThreeSteps = (figures: ThreeStepsFigures): void => {
  const { proof, cpu, busy } = figures;
  sayEndpoint('nightshift', figures);
  say(
    `\nthree durable steps, verified in the ledger: of ${proof.runs} sampled runs each has its three results in its history, ` +
      `as the caller got them, written by three different transactions (${proof.transactionsPerRun} for the whole run)\n` +
      `  ${proof.events.join(', ')}\n`,
  );
  say(`${textTable(cpuTable(cpu, busy.count, 'run'))}\n`);
};

export const sayEndpointAnswers = ({ endpoint, api }: EndpointScenarioFigures): void =>
  say(
    `/wf with three durable steps, one caller: p50 ${tenths(endpoint.p50Ms)}, p99 ${tenths(endpoint.p99Ms)} ms; ` +
      `the same by /v1/…/runs?wait: p50 ${tenths(api.p50Ms)}, p99 ${tenths(api.p99Ms)} ms\n`,
  );

export const sayList = (figures: ListFigures): void => {
  say(
    `list of ${whole(figures.items)} items: ${whole(figures.itemsPerSecond)} items/s once admitted, admission ` +
      `${tenths(figures.admissionSeconds)} s (${whole(figures.itemsPerSecondWithAdmission)} items/s with it)\n`,
  );
  say(`${textTable(cpuTable(figures.cpu, figures.items, 'item'))}\n`);
};

export const sayTimers = (figures: TimersFigures): void => {
  const { pending, due, spreadSeconds, lateness, schedulerIdlePercent, schedulerBusyPercent } = figures;
  say(
    `${whole(due)} schedules due within ${spreadSeconds} s among ${whole(pending)} pending: ${describe(lateness)} late; scheduler ` +
      `${tenths(schedulerIdlePercent)} % of a core with nothing due, ${tenths(schedulerBusyPercent)} % while they fired\n`,
  );
};

export const sayPace = ({ offInterval, othersLate, rate, mostInASecond, startsPerSecond }: PaceFigures): void =>
  say(
    `a list with an interval of 1 s: starts are ${describe(offInterval)} off, those of another workflow meanwhile ${describe(othersLate)} late\n` +
      `a rate of ${rate}/s: at most ${mostInASecond} starts in any second, ${tenths(startsPerSecond)} a second in all\n`,
  );

export const sayBurst = ({ due, drainSeconds, others }: BurstFigures): void =>
  say(
    `${whole(due)} schedules due in one second: all had started after ${tenths(drainSeconds)} s; those of another workflow meanwhile: ` +
      `${describe(others)} late\n`,
  );

export const sayChange = ({ perSecond, commitToStart }: ChangeFigures): void =>
  say(`SQL commit → run started, ${perSecond} updates/s: ${describe(commitToStart)}\n`);

export const sayTriggers = ({ triggers, unmetMicros, publishedMicros, loadedMs }: ManyTriggersFigures): void =>
  say(
    `${whole(triggers)} triggers of one type: ${tenths(unmetMicros)} µs for a change that meets none, ${tenths(publishedMicros)} µs to ` +
      `publish one anew, ${whole(loadedMs)} ms to load all\n`,
  );

export const sayStorm = ({ changes, requestedSeconds, drainSeconds, others }: StormFigures): void =>
  say(
    `${whole(changes)} changes committed at once: their runs were requested after ${tenths(requestedSeconds)} s and had ended after ` +
      `${tenths(drainSeconds)} s; SQL commit → run started of another type meanwhile: ${describe(others)}\n`,
  );

export const sayCapture = ({ changes, preparedPerSecond, livePerSecond, writtenPerSecond }: CaptureFigures): void =>
  say(
    `${whole(changes)} changes to JetStream, acknowledged: ${whole(preparedPerSecond)}/s from a log written before, ` +
      `${whole(livePerSecond)}/s with the writer beside it, which wrote ${whole(writtenPerSecond)}/s\n`,
  );

export const sayMemory = (figures: MemoryFigures): void => say(`${textTable(memoryTable(figures))}\n`);

export const saySubscriptions = (figures: SubscriptionsFigures): void => {
  const { subscriptions, mix, stalled, deliveriesPerSecond, missing, closedStalled, closedOthers, gatewayMb } = figures;
  say(
    `${whole(subscriptions)} subscriptions (${mix.join('; ')}), of which ${whole(stalled)} never read: ${figures.eventsPerSecond} events/s became ` +
      `${whole(deliveriesPerSecond)} deliveries/s, ${describe(figures)}; ${missing} missing; cut off: ${closedStalled} that never read, ` +
      `${closedOthers} others\n` +
      `gateway: ${whole(gatewayMb.idle)} MB at first, ${whole(gatewayMb.open)} with all of them, ${whole(gatewayMb.most)} at most; ` +
      `${tenths(figures.gatewayPercent)} % of a core\n`,
  );
};

export const saySearch = ({ schedules, searches }: SearchFigures): void => {
  say(`${whole(schedules)} schedules; the median of five first pages`);
  const rows = searches.map(({ name, found, firstPageMs, slowestMs, countMs }) => [
    name,
    whole(found),
    tenths(firstPageMs),
    tenths(slowestMs),
    tenths(countMs),
  ]);
  say(`${textTable([['search', 'found, at most', 'first page, ms', 'slowest of five', 'count, slowest'], ...rows])}\n`);
};

export const memoryTable = ({ idle, underLoad }: MemoryFigures): string[][] => [
  ['resident memory, MB', 'idle', 'under load'],
  ...Object.keys(underLoad).map((name) => [name, whole(idle[name] ?? NaN), whole(underLoad[name] ?? NaN)]),
];

const describe = ({ p50Ms, p99Ms, maxMs }: Omit<Latencies, 'count'>): string =>
  `p50 ${tenths(p50Ms)}, p99 ${tenths(p99Ms)}, at most ${tenths(maxMs)} ms`;
