import type { NewRunEvent, RunRequested } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { publishToFeed } from '../../apps/gateway/test/stand-in-executor.ts';
import type { TestGateway } from '../../apps/gateway/test/test-gateway.ts';

/** A run that a test moves in the executor's place. */
export interface MovedRun {
  readonly runId: string;
  /** Appends to the run, and puts what was appended on the feed unless told not to. */
  add(events: NewRunEvent[], isPublished?: boolean): Promise<void>;
}

export const requestRun = async (
  gateway: TestGateway,
  workflow: string,
  more: Partial<Pick<RunRequested, 'cause' | 'chainId' | 'parameters'>> = {},
): Promise<MovedRun> => {
  const runId = newId(Date.now());
  const requested: RunRequested = {
    workflow,
    workflowVersion: 1,
    parameters: {},
    cause: { kind: 'api' },
    chainId: runId,
    iteration: 1,
    depth: 0,
    ...more,
  };
  await gateway.ledger.runs.request({ runId, at: new Date().toISOString(), requested });
  let version = 1;
  return {
    runId,
    add: async (events, isPublished = true) => {
      await gateway.ledger.runs.append({ runId, expectedVersion: version, events, at: new Date().toISOString() });
      if (isPublished) publishToFeed(gateway.bus, requested, await gateway.ledger.runs.events(runId, version));
      version += events.length;
    },
  };
};

export const completed = (step: string, result?: unknown): NewRunEvent => ({
  type: 'StepCompleted',
  data: { step, attempt: 1, ...(result !== undefined && { result }) },
});
export const failed = (step: string): NewRunEvent => ({
  type: 'StepFailed',
  data: { step, attempt: 1, problem: { type: 't', title: 'No', status: 500, code: 'http.failed' } },
});
export const succeeded: NewRunEvent = { type: 'RunSucceeded', data: {} };
