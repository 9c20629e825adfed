import { percentile } from '../load/closed-loop.ts';

/** Milliseconds. */
export interface Latencies {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export const summarize = (valuesMs: readonly number[]): Latencies => {
  const sorted = valuesMs.toSorted((one, other) => one - other);
  return {
    count: sorted.length,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: percentile(sorted, 1),
  };
};
