import type { Cluster } from '@nightshift/testing';

/**
 * Something that must hold while things break. The short form runs in `npm test`, the full form in `npm run chaos`; both make
 * the same assertions, and differ in `size` and patience only.
 */
export interface Scenario {
  name: string;
  /** Replicas of every service. */
  replicas: number;
  /** More environment for every service. */
  env?: Record<string, string>;
  short: { size: number };
  full: { size: number };
  /** Rejects when something that was promised does not hold. */
  run(context: ScenarioContext): Promise<void>;
}

export interface ScenarioContext {
  cluster: Cluster;
  size: number;
  /** Reproduces the choice and the times of what is broken. */
  random: () => number;
  log: (line: string) => void;
}

/** A small seeded generator (mulberry32): the same seed breaks the same things in the same order. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
