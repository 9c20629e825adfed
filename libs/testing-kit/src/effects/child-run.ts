import type { Cause, RunRequested } from '@nightshift/contracts';
import type { Definition } from '../definitions.ts';
import type { Occasion } from '../runs/performed.ts';
import type { RequestedRun } from '../runs/run-record.ts';

export interface ChildRun {
  definition: Definition;
  parameters: Record<string, unknown>;
  cause: Cause;
  dueAt?: string;
  version?: 'latest';
  key?: string;
  ignorePrivacy?: boolean;
}

/** A run that a step starts. One of the same workflow is the next cycle of its chain; one that exceeds a guard is held from its beginning. */
export const childRun = (runId: string, child: ChildRun, { runId: parentRunId, requested }: Occasion): RequestedRun => {
  const { definition, parameters, cause, dueAt, version, key, ignorePrivacy } = child;
  const isNextCycle = definition.name === requested.workflow;
  const listId = requested.cause.kind === 'list' ? requested.cause.listId : requested.listId;
  const data: RunRequested = {
    workflow: definition.name,
    workflowVersion: definition.version,
    parameters,
    cause,
    chainId: isNextCycle ? requested.chainId : runId,
    iteration: isNextCycle ? requested.iteration + 1 : 1,
    depth: isNextCycle ? requested.depth : requested.depth + 1,
    parentRunId,
    ...(dueAt !== undefined && { dueAt }),
    ...(version && { version }),
    ...(key !== undefined && { key }),
    ...(ignorePrivacy && { ignorePrivacy }),
    ...(requested.requestedBy && { requestedBy: requested.requestedBy }),
    ...(listId !== undefined && { listId }),
  };
  return { runId, requested: data, ...heldBy(definition, data) };
};

/** Why a guard of its workflow holds a run before it starts. */
export const heldBy = ({ guards }: Definition, { iteration, depth }: RunRequested): Pick<RequestedRun, 'held'> => {
  const breach = exceeded('cycles', iteration, guards.cycles) ?? exceeded('depth', depth, guards.depth);
  return breach ? { held: { reason: reasons[breach.name](breach), guard: breach } } : {};
};

interface Breach {
  name: 'cycles' | 'depth';
  limit: number;
  value: number;
}

const exceeded = (name: Breach['name'], value: number, limit: number | null): Breach | undefined =>
  limit !== null && value > limit ? { name, limit, value } : undefined;

const reasons: Record<Breach['name'], (breach: Breach) => string> = {
  cycles: ({ limit, value }) => `This is cycle ${value} of its chain, and the workflow allows ${limit}`,
  depth: ({ limit, value }) =>
    `${value} runs stand between this one and a start from outside; the workflow allows ${limit}`,
};
