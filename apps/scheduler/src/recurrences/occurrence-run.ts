import { derivedId, type RecurrenceRow, type RequestedRun } from '@nightshift/ledger';

/** The run of a planned moment. Its id is the moment's, so that it is one run whoever starts it. */
export const occurrenceRun = (
  { workflow, key, spec, requestedBy }: RecurrenceRow,
  plannedAt: Date,
  workflowVersion: number,
  at: Date,
): RequestedRun => {
  const planned = plannedAt.toISOString();
  const runId = derivedId(plannedAt.getTime(), 'recurrence', workflow, key, planned);
  return {
    runId,
    at: at.toISOString(),
    requested: {
      workflow,
      workflowVersion,
      parameters: spec.parameters ?? {},
      cause: { kind: 'recurrence', key, plannedAt: planned },
      chainId: runId,
      iteration: 1,
      depth: 0,
      ...(requestedBy && { requestedBy }),
    },
  };
};
