import type { ChangeEvent } from '@nightshift/contracts';
import { derivedId, type RequestedRun } from '@nightshift/ledger';
import type { ChangeView } from '@nightshift/workflow-core';
import type { PublishedTrigger } from '../triggers/trigger-index.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of the run that a workflow's trigger starts for a change, whether it does or not. */
export const triggeredRunId = (change: ChangeEvent, workflow: string, index: number): string =>
  derivedId(Date.parse(change.time), 'change', change.id, workflow, index);

/** The run that a change starts. However often it is made of the same change, its id is the same. */
export const triggeredRun = (
  change: ChangeEvent,
  view: ChangeView,
  { workflow, workflowVersion, index, depthLimit }: PublishedTrigger,
  parameters: Record<string, unknown>,
  at: string,
): RequestedRun => {
  const { type, kind, before, now, changedFields, origin } = view;
  const runId = triggeredRunId(change, workflow, index);
  return {
    runId,
    at,
    ...(origin.depth > depthLimit && { held: tooDeep(origin.depth, depthLimit) }),
    requested: {
      workflow,
      workflowVersion,
      parameters,
      cause: { kind: 'change', changeId: change.id },
      chainId: runId,
      iteration: 1,
      depth: origin.depth,
      // Anybody with SQL can write an origin.
      ...(origin.runId !== undefined && uuid.test(origin.runId) && { parentRunId: origin.runId }),
      trigger: { type, kind, id: change.subject, time: change.time, before, now, changedFields, origin },
    },
  };
};

const tooDeep = (value: number, limit: number): RequestedRun['held'] => ({
  reason: `${value} runs have started each other to make this change; the workflow allows ${limit}`,
  guard: { name: 'depth', limit, value },
});
