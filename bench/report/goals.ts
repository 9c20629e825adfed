import type { TimersFigures } from '../scenarios/timers.ts';
import { mediansOf, type Report } from './report.ts';
import { tenths, whole } from './text-table.ts';

export interface Goal {
  goal: string;
  measured: string;
  isMet: boolean;
}

/** What the project holds itself to, for what was measured. A missed goal is a finding, not a failure of the benchmark. */
export const judge = (report: Report): Goal[] => [
  ...goalsAgainst(report, 'Restate', 4),
  ...goalsAgainst(report, 'DBOS Transact', 9),
  ...(report.endpoint
    ? [
        atMost('answer of an endpoint, three durable steps, p50, ms', 5, report.endpoint.endpoint.p50Ms),
        atMost('answer of an endpoint, three durable steps, p99, ms', 20, report.endpoint.endpoint.p99Ms),
      ]
    : []),
  ...(report.list ? [atLeast('list, items/s', 8_000, report.list.itemsPerSecond)] : []),
  ...(report.timers ? goalsOfTimers(report.timers) : []),
  ...(report.millionTimers ? goalsOfTimers(report.millionTimers) : []),
  ...(report.burst ? [atMost('burst, lateness of others p99, ms', 1_000, report.burst.others.p99Ms)] : []),
  ...(report.pace
    ? [
        atMost('interval of 1 s, off at most, ms', 50, report.pace.offInterval.maxMs),
        atMost('lateness of others meanwhile, at most, ms', 1_000, report.pace.othersLate.maxMs),
        atMost('starts in any second at a rate of 50/s', 50, report.pace.mostInASecond),
      ]
    : []),
  ...(report.subscriptions
    ? [
        atMost('10,000 subscriptions, event → subscriber p99, ms', 100, report.subscriptions.p99Ms),
        atMost('10,000 subscriptions, gateway, MB', 600, report.subscriptions.gatewayMb.most),
        atMost('10,000 subscriptions, events missing', 0, report.subscriptions.missing),
      ]
    : []),
  ...(report.search
    ? [atMost('search, first page, ms', 100, Math.max(...report.search.searches.map(({ firstPageMs }) => firstPageMs)))]
    : []),
  ...(report.change
    ? [
        atMost('SQL commit → run started p50, ms', 6, report.change.commitToStart.p50Ms),
        atMost('SQL commit → run started p99, ms', 25, report.change.commitToStart.p99Ms),
      ]
    : []),
  ...(report.triggers
    ? [
        atMost(
          `change that meets none of ${whole(report.triggers.triggers)} triggers, µs`,
          50,
          report.triggers.unmetMicros,
        ),
      ]
    : []),
  ...(report.storm
    ? [atMost('storm of changes, delay of another type p99, ms', 2_000, report.storm.others.p99Ms)]
    : []),
  ...(report.capture
    ? [atLeast('changes captured per second, from a log written before', 25_000, report.capture.preparedPerSecond)]
    : []),
];

const goalsOfTimers = ({ pending, lateness, schedulerIdlePercent }: TimersFigures): Goal[] => {
  const what = `timers, ${whole(pending)} pending`;
  return [
    atMost(`${what}, lateness p50, ms`, 10, lateness.p50Ms),
    atMost(`${what}, lateness p99, ms`, 50, lateness.p99Ms),
    atMost(`${what}, idle scheduler, % of a core`, 2, schedulerIdlePercent),
  ];
};

const goalsAgainst = ({ threeSteps, peers }: Report, name: string, times: number): Goal[] => {
  const peer = peers?.find((candidate) => candidate.name === name);
  if (!peer || !threeSteps) return [];
  const ours = mediansOf(threeSteps);
  const theirs = mediansOf(peer.rounds);
  return [
    atLeast(`runs/s, times ${name}'s`, times, ours.runsPerSecond / theirs.runsPerSecond),
    {
      goal: `one at a time p50, ms, not above ${name}'s`,
      measured: `${tenths(ours.p50Ms)} against ${tenths(theirs.p50Ms)}`,
      isMet: ours.p50Ms <= theirs.p50Ms,
    },
  ];
};

const atLeast = (what: string, limit: number, value: number): Goal => ({
  goal: `${what}: at least ${whole(limit)}`,
  measured: value < 100 ? tenths(value) : whole(value),
  isMet: value >= limit,
});

const atMost = (what: string, limit: number, value: number): Goal => ({
  goal: `${what}: at most ${whole(limit)}`,
  measured: tenths(value),
  isMet: value <= limit,
});
