import { seededRandom } from '../chaos/scenario.ts';

/** Everything in a simulation that could have gone otherwise is drawn from here. */
export interface Chance {
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** True so often out of one time. Never while the weather is calm. */
  strikes(probability: number): boolean;
  between(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** From now on nothing strikes. */
  calmDown(): void;
}

export const makeChance = (seed: number): Chance => {
  const random = seededRandom(seed);
  let isCalm = false;
  return {
    random,
    strikes: (probability) => !isCalm && random() < probability,
    between: (least, most) => least + Math.floor(random() * (most - least + 1)),
    pick: (from) => from[Math.floor(random() * from.length)]!,
    calmDown: () => (isCalm = true),
  };
};
