import type { Perform } from './performed.ts';

/** Lets the run rest until its timer fires. A moment that has passed is a wait of no length. */
export const performWait: Perform<'wait'> = ({ until, durationMs }) => ({
  outcome: {
    kind: 'waiting',
    until: until === undefined ? new Date(Date.now() + (durationMs ?? 0)).toISOString() : new Date(until).toISOString(),
  },
});
