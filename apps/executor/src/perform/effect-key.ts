import type { Occasion } from './performed.ts';

/**
 * The identity of one execution of a step, the same for each attempt at it: the data service applies a change once under this key, and
 * whoever is called or written to can tell a repeat by it.
 */
export const effectKey = ({ runId, step, iteration }: Pick<Occasion, 'runId' | 'step' | 'iteration'>): string =>
  `${runId}/${step}/${iteration ?? '1'}`;
