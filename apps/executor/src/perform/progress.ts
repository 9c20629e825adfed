import type { Perform } from './performed.ts';

/** Says how far the run is, for its progress document. */
export const performProgress: Perform<'progress'> = ({ done, total, message }, { step, iteration }) => ({
  outcome: { kind: 'completed' },
  events: [
    {
      type: 'ProgressReported',
      data: {
        step,
        ...(iteration !== undefined && { iteration }),
        ...(done !== undefined && { done }),
        ...(total !== undefined && { total }),
        ...(message !== undefined && { message }),
      },
    },
  ],
});
