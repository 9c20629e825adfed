import type { NewRunEvent } from '@nightshift/contracts';
import type { RequestedRun } from '../append.ts';
import { eventsAfterRequest } from '../run-projection.ts';
import { runColumns } from './append-columns.ts';
import { plainArray, textArray } from './array-literal.ts';

/**
 * Admits runs that are due now, within a transaction that guards against admitting them twice. A run whose id is there
 * already is passed over. Locks the new keys only.
 */
export const insertRunsStatement = (
  runs: readonly RequestedRun[],
): { name: string; text: string; values: string[] } => {
  const { names, columns, isBegun } = runColumns(runs);
  const events = runs.flatMap((run) => {
    const all: NewRunEvent[] = [{ type: 'RunRequested', data: run.requested }, ...eventsAfterRequest(run)];
    return all.map((event, index) => ({ ...event, runId: run.runId, at: run.at, version: index + 1 }));
  });
  const parameters = [
    ...columns,
    ['uuid', plainArray(events.map(({ runId }) => runId))] as const,
    ['integer', plainArray(events.map(({ version }) => version))] as const,
    ['text', plainArray(events.map(({ type }) => type))] as const,
    ['timestamptz', plainArray(events.map(({ at }) => at))] as const,
    ['json', textArray(events.map(({ data }) => JSON.stringify(data)))] as const,
  ];
  const table = (from: number, to: number): string =>
    `unnest(${parameters
      .slice(from, to)
      .map(([type], index) => `$${from + index + 1}::${type}[]`)
      .join(', ')})`;
  return {
    name: isBegun ? 'insert-begun-runs' : 'insert-runs',
    text: `WITH created AS (
        INSERT INTO nightshift.runs (${names}) SELECT ${names} FROM ${table(0, columns.length)} AS r (${names})
        ON CONFLICT (id) DO NOTHING RETURNING id)
      INSERT INTO nightshift.run_events (run_id, version, type, at, data)
      SELECT e.run_id, e.version, e.type, e.at, e.data
      FROM ${table(columns.length, parameters.length)} AS e (run_id, version, type, at, data)
      JOIN created c ON c.id = e.run_id
      RETURNING run_id`,
    values: parameters.map(([, literal]) => literal),
  };
};
