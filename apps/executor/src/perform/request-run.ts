import type { Cause, RunRequested } from '@nightshift/contracts';
import { derivedId, type RequestedRun } from '@nightshift/ledger';
import type { Definition } from '../definitions.ts';
import type { Occasion } from './performed.ts';

export interface ChildRun {
  workflow: string;
  definition: Definition;
  parameters: Record<string, unknown>;
  cause: (run: { runId: string; step: string }) => Cause;
  dueAt?: string;
  /** Absent: the version that is published now. */
  version?: 'latest';
}

/**
 * A run that a step starts. Its id follows from the run, the step and the attempt, and it is committed together with the step's
 * completion: it starts exactly if the step counts as done. A run of the same workflow is the next cycle of its chain.
 */
export const requestRun = (child: ChildRun, { journal, step, attempt }: Occasion): RequestedRun => {
  const { requested, runId: parentRunId } = journal;
  const runId = derivedId(startedAtMs(journal), 'child', parentRunId, step, attempt);
  const isNextCycle = child.workflow === requested.workflow;
  const data: RunRequested = {
    workflow: child.workflow,
    workflowVersion: child.definition.version,
    parameters: child.parameters,
    cause: child.cause({ runId: parentRunId, step }),
    chainId: isNextCycle ? requested.chainId : runId,
    iteration: isNextCycle ? requested.iteration + 1 : 1,
    depth: isNextCycle ? requested.depth : requested.depth + 1,
    parentRunId,
    ...(child.dueAt && { dueAt: child.dueAt }),
    ...(child.version && { version: child.version }),
  };
  return { runId, at: new Date().toISOString(), requested: data };
};

/** The recorded time from which the ids of what this run starts are derived. */
export const startedAtMs = ({ state }: Occasion['journal']): number => {
  if (!('startedAt' in state) || !state.startedAt) throw new Error('a run performs effects only after it started');
  return Date.parse(state.startedAt);
};
