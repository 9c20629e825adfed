import type { RunRequested } from '@nightshift/contracts';
import type { Occasion } from './performed.ts';

export const OCCASION_RUN_ID = '01890000-0000-7000-8000-000000000001';

/** A step of a first run of the workflow `order`, started from outside at a known time. */
export const anOccasion = ({
  requested,
  ...place
}: Partial<Omit<Occasion, 'requested'>> & { requested?: Partial<RunRequested> } = {}): Occasion => {
  const never = new AbortController().signal;
  return {
    runId: OCCASION_RUN_ID,
    requested: {
      workflow: 'order',
      workflowVersion: 1,
      parameters: {},
      cause: { kind: 'api' },
      chainId: OCCASION_RUN_ID,
      iteration: 1,
      depth: 0,
      ...requested,
    },
    startedAt: '2026-01-01T00:00:00Z',
    step: 'act',
    attempt: 1,
    signal: () => never,
    ...place,
  };
};
