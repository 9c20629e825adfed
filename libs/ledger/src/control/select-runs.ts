import type { RunStatus } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import { idsOfMoment } from '../run-id.ts';
import { criteriaConditions, hasScheduleCriteria } from '../schedules/criteria.ts';
import type { ControlWhere } from './control.ts';

/** A run as it is now, all of one moment. */
export interface ControlledRun {
  id: string;
  /** Of its newest event. */
  version: number;
  status: RunStatus;
  workflow: string;
  list_id: string | null;
  caller_id: string | null;
  due_at: Date | null;
  started_at: Date | null;
  waiter: string | null;
  /** It failed, and steps of it were undone for that; what a `catch` had undone before it is part of its way. */
  is_undone: boolean;
}

// Indexes: primary keys.
export const readRuns = (database: Database, runIds: readonly string[]): Promise<ControlledRun[]> =>
  database.query<ControlledRun & object>(
    'controlled-runs',
    `SELECT r.id, r.status, r.workflow, r.list_id, CASE WHEN r.parent_waits THEN r.parent_id END AS caller_id, r.due_at,
       r.started_at,
       (SELECT max(e.version) FROM nightshift.run_events e WHERE e.run_id = r.id) AS version,
       (SELECT e.data ->> 'waiter' FROM nightshift.run_events e WHERE e.run_id = r.id AND e.version = 1) AS waiter,
       r.status = 'failed' AND EXISTS (SELECT FROM nightshift.run_events e
         WHERE e.run_id = r.id AND e.type IN ('StepCompensated', 'CompensationFailed') AND e.version > (
           SELECT max(f.version) FROM nightshift.run_events f
           WHERE f.run_id = r.id AND f.type = 'StepFailed' AND f.data ->> 'handledBy' IS NULL)) AS is_undone
     FROM nightshift.runs r WHERE r.id = ANY($1::uuid[])`,
    [runIds],
  );

/**
 * Ids of up to `limit` runs that all criteria fit, in order of id and after a given one. Each criterion that names few of many runs has an
 * index that ends in the id, or is a range of ids.
 */
export const findRunIds = async (
  database: Database,
  where: ControlWhere,
  condition: string,
  afterId: string | undefined,
  limit: number,
): Promise<string[]> => {
  const values: unknown[] = [];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const conditions = [condition];
  let runs = 'nightshift.runs';
  if (where.chainId !== undefined) {
    const chainId = value(where.chainId);
    runs = `(SELECT * FROM nightshift.runs WHERE chain_id = ${chainId} UNION ALL SELECT * FROM nightshift.runs WHERE id = ${chainId})`;
  }
  if (where.workflow !== undefined) conditions.push(`r.workflow = ${value(where.workflow)}`);
  if (where.status !== undefined) conditions.push(`r.status = ${value(where.status)}`);
  if (where.parentRunId !== undefined) conditions.push(`r.parent_id = ${value(where.parentRunId)}`);
  if (where.requestedBefore) conditions.push(`r.requested_at < ${value(where.requestedBefore)}`);
  if (where.requestedAfter) conditions.push(`r.requested_at > ${value(where.requestedAfter)}`);
  if (where.listId !== undefined) {
    const { first, last } = idsOfMoment(where.listId);
    conditions.push(`r.list_id = ${value(where.listId)} AND r.id BETWEEN ${value(first)} AND ${value(last)}`);
  }
  let schedules = '';
  if (hasScheduleCriteria(where)) {
    schedules = 'JOIN nightshift.schedules s ON s.run_id = r.id';
    conditions.push(...criteriaConditions(where, value));
    // Few have one key: told so, Postgres begins with them and not with all runs in order of id.
    if (where.key !== undefined)
      conditions.push(`r.id = ANY(ARRAY(SELECT run_id FROM nightshift.schedules WHERE key = ${value(where.key)}))`);
  } else if (where.user !== undefined) conditions.push(`r.requested_by ->> 'name' = ${value(where.user)}`);
  if (afterId !== undefined) conditions.push(`r.id > ${value(afterId)}`);
  const text = `SELECT r.id FROM ${runs} AS r ${schedules} WHERE ${conditions.join(' AND ')} ORDER BY r.id LIMIT ${value(limit)}`;
  // Without a name: there are many shapes of it and each is rare, so none is worth keeping prepared.
  const rows = await database.query<{ id: string }>('', text, values);
  return rows.map(({ id }) => id);
};
