import type { ChangeEvent } from '@nightshift/contracts';
import { derivedId, type RequestedRun } from '@nightshift/ledger';
import type { ChangeView } from '@nightshift/workflow-core';
import type { PublishedTrigger } from '../triggers/trigger-index.ts';
import { parentOf } from './parent-of.ts';
import { tooDeep } from './too-deep.ts';

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
      ...parentOf(origin),
      trigger: { type, kind, id: change.subject, time: change.time, before, now, changedFields, origin },
    },
  };
};
