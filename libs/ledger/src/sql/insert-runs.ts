import type { NewRunEvent } from '@nightshift/contracts';
import type pg from 'pg';
import type { RequestedRun } from '../append.ts';
import { eventsAfterRequest } from '../run-projection.ts';
import { runColumns } from './append-columns.ts';
import { createdParts } from './created-runs.ts';
import { plainArray, textArray } from './array-literal.ts';

/**
 * Admits runs that are due now, within a transaction that guards against admitting them twice. A run whose id is there
 * already is passed over. Locks the new keys only.
 * @returns the runs, with `isGated` where it holds
 */
export const insertRuns = async (client: pg.ClientBase, runs: readonly RequestedRun[]): Promise<RequestedRun[]> => {
  const { rows } = await client.query<{ run_id: string }>(statement(runs));
  if (rows.length === 0) return [...runs];
  const gated = new Set(rows.map(({ run_id: runId }) => runId));
  return runs.map((run) => (gated.has(run.runId) ? { ...run, isGated: true } : run));
};

const statement = (runs: readonly RequestedRun[]): { name: string; text: string; values: string[] } => {
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
    text: `WITH ${createdParts(names, `${table(0, columns.length)} WITH ORDINALITY AS r (${names}, next_version, place)`, 'ON CONFLICT (id) DO NOTHING').join(',\n      ')},
      happened AS (
        INSERT INTO nightshift.run_events (run_id, version, type, at, data)
        SELECT e.run_id, e.version, e.type, e.at, e.data
        FROM ${table(columns.length, parameters.length)} AS e (run_id, version, type, at, data)
        JOIN created c ON c.id = e.run_id)
      SELECT run_id FROM queued`,
    values: parameters.map(([, literal]) => literal),
  };
};
