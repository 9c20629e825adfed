import type { Perform } from './performed.ts';

/** The step fails with what the workflow says. Trying again would raise the same. */
export const performRaise: Perform<'raise'> = ({ problem }) => ({
  outcome: { kind: 'failed', problem, canRetry: false },
});
