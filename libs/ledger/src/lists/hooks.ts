import type { Cause, ListStatus, Problem } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedRun } from '../append.ts';
import { derivedId, idTimeMs, itemIndexOf } from '../run-id.ts';
import { doneOf, type CountsRow, type ListRow, type WorkflowAtVersion } from './list-rules.ts';

/** The runs that a list starts for itself. Each is written under the list's row lock, and its id is derived from what it tells of. */

/** Failures that one commit tells of. */
export const TOLD_AT_ONCE = 500;

const hookRun = (
  list: ListRow,
  { workflow, workflowVersion }: WorkflowAtVersion,
  cause: Cause,
  parameters: Record<string, unknown>,
  idParts: readonly (string | number)[],
  now: Date,
): RequestedRun => {
  const runId = derivedId(idTimeMs(list.id), ...idParts, list.id);
  return {
    runId,
    at: now.toISOString(),
    requested: {
      workflow,
      workflowVersion,
      parameters: { listId: list.id, ...parameters },
      cause,
      chainId: runId,
      iteration: 1,
      depth: list.depth,
      ...(list.parent_run_id && { parentRunId: list.parent_run_id }),
      ...(list.requested_by && { requestedBy: list.requested_by }),
    },
  };
};

const countsFor = (list: ListRow, counts: CountsRow) => ({
  total: list.total,
  succeeded: counts.succeeded,
  failed: counts.failed,
  skipped: counts.skipped,
  cancelled: counts.cancelled + list.dropped,
});

export const completionRun = (
  list: ListRow,
  counts: CountsRow,
  status: ListStatus,
  now: Date,
): RequestedRun | undefined => {
  if (!list.on_complete || !list.on_complete_version) return undefined;
  return hookRun(
    list,
    { workflow: list.on_complete, workflowVersion: list.on_complete_version },
    { kind: 'listCompleted', listId: list.id },
    { status, ...countsFor(list, counts) },
    ['list-completed'],
    now,
  );
};

/** Which step of `onProgress` the list has come to; 0: none, or nobody wants to know. */
export const progressStep = (list: ListRow, counts: CountsRow): number => {
  const { onProgress } = list.rules;
  const done = doneOf(list, counts);
  if (!onProgress || done === 0) return 0;
  const { everyItems, everyPercent } = onProgress;
  if (everyItems !== undefined) return Math.floor(done / everyItems);
  return Math.floor((done * 100) / list.total / everyPercent!);
};

export const progressRun = (list: ListRow, counts: CountsRow, step: number, now: Date): RequestedRun =>
  hookRun(
    list,
    list.rules.onProgress!,
    { kind: 'listProgress', listId: list.id, step },
    { done: doneOf(list, counts), ...countsFor(list, counts) },
    ['list-progress', step],
    now,
  );

interface FailureRow {
  run_id: string;
  attempt: number;
  item: unknown;
  problem: Problem | null;
}

/**
 * A run for each failure that nobody was told of, the oldest index first. Locks the rows of these failures.
 * Indexes: list_failures_untold, the primary key of run_events.
 */
export const tellOfFailures = async (client: pg.ClientBase, list: ListRow, now: Date): Promise<RequestedRun[]> => {
  const { onItemFailed } = list.rules;
  if (!onItemFailed) return [];
  const { rows } = await client.query<FailureRow>({
    name: 'tell-of-failures',
    text: `WITH told AS (
        UPDATE nightshift.list_failures f SET is_told = true
        WHERE f.list_id = $1 AND NOT f.is_told AND (f.run_id, f.attempt) IN (
          SELECT u.run_id, u.attempt FROM nightshift.list_failures u
          WHERE u.list_id = $1 AND NOT u.is_told ORDER BY u.run_id LIMIT $2)
        RETURNING f.run_id, f.attempt)
      SELECT t.run_id, t.attempt,
        (SELECT e.data -> 'item' FROM nightshift.run_events e WHERE e.run_id = t.run_id AND e.version = 1) AS item,
        (SELECT e.data -> 'problem' FROM nightshift.run_events e WHERE e.run_id = t.run_id AND e.type = 'RunFailed'
         ORDER BY e.version OFFSET t.attempt LIMIT 1) AS problem
      FROM told t ORDER BY t.run_id`,
    values: [list.id, TOLD_AT_ONCE],
  });
  return rows.map(({ run_id: runId, attempt, item, problem }) => {
    const index = itemIndexOf(runId);
    const cause = { kind: 'listItemFailed', listId: list.id, index, runId } as const;
    return hookRun(
      list,
      onItemFailed,
      cause,
      { index, item, runId, problem },
      ['list-item-failed', runId, attempt],
      now,
    );
  });
};
