import { Failure } from '@nightshift/contracts';
import type { RequestedRun } from '@nightshift/ledger';
import { tooDeep } from '../changes/too-deep.ts';
import { parentOf } from '../changes/parent-of.ts';
import type { ReadStart } from './read-start.ts';
import type { StartableWorkflow } from './startable-workflows.ts';

/** The run that SQL asked for, with the id that it was given there; or why it cannot be. */
export const startedRun = (
  { id, start, origin }: ReadStart,
  workflow: StartableWorkflow,
  at: string,
): RequestedRun | Failure => {
  const { runId, dueAt, key, by } = start;
  // The check adds defaults to what it is given, and the message is read again if its batch is repeated.
  const parameters = workflow.check(structuredClone(start.parameters));
  if (!parameters.ok) {
    const errors = parameters.violations.map((one) => ({ ...one, pointer: `/parameters${one.pointer}` }));
    return new Failure('parameters.invalid', {
      detail: errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '),
      errors,
    });
  }
  return {
    runId,
    at,
    ...(origin.depth > workflow.depthLimit && { held: tooDeep(origin.depth, workflow.depthLimit) }),
    requested: {
      workflow: workflow.name,
      workflowVersion: workflow.version,
      parameters: parameters.value as Record<string, unknown>,
      cause: { kind: 'sql', startId: id },
      chainId: runId,
      iteration: 1,
      depth: origin.depth,
      ...parentOf(origin),
      ...(dueAt !== undefined && { dueAt }),
      ...(key !== undefined && { key }),
      requestedBy: { kind: 'role', name: by },
    },
  };
};
