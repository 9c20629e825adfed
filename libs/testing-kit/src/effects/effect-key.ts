import type { Occasion } from '../runs/performed.ts';

/** The identity of one execution of a step, the same for each attempt at it. */
export const effectKey = ({ runId, step, iteration }: Pick<Occasion, 'runId' | 'step' | 'iteration'>): string =>
  `${runId}/${step}/${iteration ?? '1'}`;
