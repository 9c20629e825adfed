import type { RequestedRun } from '../append.ts';
import { runColumns } from './append-runs.ts';
import { plainArray, textArray } from './array-literal.ts';

/**
 * Admits runs that are due now, within a transaction that guards against admitting them twice. A run whose id is there
 * already is passed over. Locks the new keys only.
 */
export const insertRunsStatement = (
  runs: readonly RequestedRun[],
): { name: string; text: string; values: string[] } => {
  const columns = [
    ...runColumns(runs),
    ['json', textArray(runs.map(({ requested }) => JSON.stringify(requested)))] as const,
    ['timestamptz', plainArray(runs.map(({ at }) => at))] as const,
  ];
  const parameters = columns.map(([type], index) => `$${index + 1}::${type}[]`).join(', ');
  return {
    name: 'insert-runs',
    text: `WITH r AS (
        SELECT * FROM unnest(${parameters}) AS r (id, workflow, workflow_version, status, cause, parent_id,
          parent_waits, chain_id, iteration, depth, list_id, requested_at, due_at, lease_until, data, at)),
      created AS (
        INSERT INTO nightshift.runs (id, workflow, workflow_version, status, cause, parent_id, parent_waits, chain_id,
          iteration, depth, list_id, requested_at, due_at, lease_until)
        SELECT id, workflow, workflow_version, status, cause, parent_id, parent_waits, chain_id, iteration, depth,
          list_id, requested_at, due_at, lease_until
        FROM r ON CONFLICT (id) DO NOTHING RETURNING id)
      INSERT INTO nightshift.run_events (run_id, version, type, at, data)
      SELECT r.id, 1, 'RunRequested', r.at, r.data FROM r JOIN created USING (id)
      RETURNING run_id`,
    values: columns.map(([, literal]) => literal),
  };
};
