import type { RunRequested } from '@nightshift/contracts';
import { newId, type RequestedRun } from '@nightshift/ledger';

/** The time now, as the ledger takes it. */
export const at = (): string => new Date().toISOString();

/** A run as somebody requests it now. */
export const requestedRun = (data: Partial<RunRequested> = {}): RequestedRun => {
  const runId = newId(Date.now());
  const requested: RunRequested = {
    workflow: 'greet',
    workflowVersion: 1,
    parameters: { name: 'Ada "the first" \\ \u00e9' },
    cause: { kind: 'api' },
    chainId: runId,
    iteration: 1,
    depth: 0,
    ...data,
  };
  return { runId, at: at(), requested };
};
