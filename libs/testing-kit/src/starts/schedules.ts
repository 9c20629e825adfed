import type { Engine } from '../runs/engine.ts';
import type { RequestedRun } from '../runs/run-record.ts';

/** Starts a run later; or moves the one that waits under the same key, and gives it what this one would have been given. */
export const putUnderKey = (
  engine: Pick<Engine, 'runs' | 'request' | 'append'>,
  run: RequestedRun,
): { runId: string; replaced: boolean } => {
  const { workflow, key, dueAt, parameters, workflowVersion, version, requestedBy } = run.requested;
  for (const other of engine.runs.values()) {
    const { requested, status } = other.state;
    const isWaiting = status === 'scheduled' || (status === 'paused' && other.state.startedAt === undefined);
    if (!isWaiting || requested.workflow !== workflow || requested.key !== key) continue;
    const data = {
      ...(dueAt !== undefined && { dueAt }),
      parameters,
      workflowVersion,
      version: version ?? ('pinned' as const),
      ...(requestedBy?.user !== undefined && { requestedBy }),
    };
    engine.append(other, [{ type: 'RunRescheduled', data }]);
    return { runId: other.id, replaced: true };
  }
  return { runId: engine.request(run).id, replaced: false };
};
