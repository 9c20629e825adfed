import type { Perform } from './performed.ts';

/** Ends the run here, with success. */
export const performStop: Perform<'stop'> = ({ result }) => ({
  outcome: { kind: 'stopped', ...(result !== undefined && { result }) },
});
