import type { EndpointFigures } from '../load/measure-endpoint.ts';
import type { Peer } from '../peers/peer.ts';
import type { Durability } from '../platform/durability.ts';
import type { BurstFigures } from '../scenarios/burst.ts';
import type { CaptureFigures } from '../scenarios/capture.ts';
import type { ChangeFigures } from '../scenarios/change.ts';
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
import type { Machine } from './machine.ts';

export interface PeerRounds extends Pick<Peer, 'name' | 'version' | 'kind' | 'settings'> {
  rounds: EndpointFigures[];
}

/** Everything that one run of the benchmarks found, as it is written to a file. */
export interface Report {
  measuredAt: string;
  command: string;
  machine: Machine;
  loadAverage: { before: number[]; after: number[] };
  versions: { nightshift: string; postgres: string; natsServer: string };
  durability: Durability;
  threeSteps?: ThreeStepsFigures[];
  peers?: PeerRounds[];
  endpoint?: EndpointScenarioFigures;
  list?: ListFigures;
  timers?: TimersFigures;
  millionTimers?: TimersFigures;
  burst?: BurstFigures;
  pace?: PaceFigures;
  change?: ChangeFigures;
  triggers?: ManyTriggersFigures;
  storm?: StormFigures;
  capture?: CaptureFigures;
  memory?: MemoryFigures;
  subscriptions?: SubscriptionsFigures;
  search?: SearchFigures;
}

/** Of the rounds: half of them were better. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0 ? (sorted[middle - 1]! + sorted[middle]!) / 2 : (sorted[Math.floor(middle)] ?? NaN);
};

/** The medians of rounds of three steps. */
export interface MedianFigures {
  runsPerSecond: number;
  lowest: number;
  highest: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
}

export const mediansOf = (rounds: readonly EndpointFigures[]): MedianFigures => {
  const rates = rounds.map(({ busy }) => busy.perSecond);
  return {
    runsPerSecond: median(rates),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    p50Ms: median(rounds.map(({ oneAtATime }) => oneAtATime.p50Ms)),
    p99Ms: median(rounds.map(({ oneAtATime }) => oneAtATime.p99Ms)),
    errors: rounds.reduce((sum, { busy, oneAtATime }) => sum + busy.errors + oneAtATime.errors, 0),
  };
};
