import type { Cause, RunRequested } from '@nightshift/contracts';
import { derivedId, type RequestedRun } from '@nightshift/ledger';
import type { Definition } from '../definitions.ts';
import type { FindBreach } from './guards.ts';
import type { Occasion } from './performed.ts';

export interface ChildRun {
  workflow: string;
  definition: Definition;
  parameters: Record<string, unknown>;
  cause: (run: { runId: string; step: string }) => Cause;
  dueAt?: string;
  /** Absent: the version that is published now. */
  version?: 'latest';
  key?: string;
  /** It acts without heed to privacy rules, whatever its workflow says. */
  ignorePrivacy?: boolean;
}

/**
 * A run that a step starts. Its id follows from the run, the step, its iteration and the attempt, and it is committed together with
 * the step's completion: it starts exactly if the step counts as done. A run of the same workflow is the next cycle of its chain. It is
 * held from the beginning if it exceeds a guard of its workflow.
 */
export const requestRun = async (
  findBreach: FindBreach,
  child: ChildRun,
  occasion: Occasion,
): Promise<RequestedRun> => {
  const { requested, runId: parentRunId, step } = occasion;
  const runId = startedId('child', occasion);
  const listId = requested.cause.kind === 'list' ? requested.cause.listId : requested.listId;
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
    ...(child.key !== undefined && { key: child.key }),
    ...(child.ignorePrivacy === true && { ignorePrivacy: true }),
    ...(requested.requestedBy && { requestedBy: requested.requestedBy }),
    ...(listId !== undefined && { listId }),
  };
  const held = await findBreach(data, child.definition);
  return { runId, at: new Date().toISOString(), requested: data, ...(held && { held }) };
};

/** The id of what one attempt at one execution of a step starts. */
export const startedId = (kind: 'child' | 'list', occasion: Occasion): string => {
  const { startedAt, runId, step, iteration, attempt } = occasion;
  return derivedId(Date.parse(startedAt), kind, runId, step, iteration ?? '', attempt);
};
