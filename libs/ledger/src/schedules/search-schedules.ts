import type { RunStatus, Schedule } from '@nightshift/contracts';
import { COUNTED_MAX } from '@nightshift/contracts';
import type pg from 'pg';
import type { Database } from '../database.ts';
import { criteriaConditions, type AddValue, type ScheduleCriteria } from './criteria.ts';
import { SCHEDULE_VIEW, toSchedule, type ScheduleRow } from './schedule-view.ts';

export interface ScheduleFilter extends ScheduleCriteria {
  workflow?: string;
  status?: RunStatus;
  chainId?: string;
}

/** The place of a schedule among all, in order of their due times. */
export interface SchedulePlace {
  dueAt: Date;
  runId: string;
}

/**
 * How many schedules are looked through for parameters or the beginning of a key before an index is asked for all that fit. Larger
 * makes rare ones slower to find, smaller those that many have.
 */
const LOOKED_THROUGH = 5_000;

const phases = ['scheduled', 'paused', 'open', 'succeeded', 'failed', 'cancelled'];

const phaseOf = (status: RunStatus): string =>
  status === 'queued' || status === 'running' || status === 'waiting' ? 'open' : status;

/**
 * Finds a page of schedules by walking an index in order of due time: that of the workflow, the user, the phase, or of all. Parameters
 * and beginnings of keys are in no such index: many schedules have them, and then the page is full soon; or few do, and then an index
 * of their own finds all of these.
 */
export const searchSchedules = (
  database: Database,
  filter: ScheduleFilter,
  limit: number,
  after: SchedulePlace | undefined,
): Promise<Schedule[]> =>
  database.transaction(async (client) => {
    await planForValues(client);
    const isWalked = filter.keyPrefix !== undefined || filter.parameters !== undefined;
    if (filter.key === undefined && isWalked) {
      const { rows, isComplete } = await walkFor(client, filter, limit, after);
      if (isComplete) return rows;
    }
    const gather = filter.key !== undefined || isWalked;
    return read(client, (value) => (gather ? gathered : walked)(filter, limit, after, value));
  });

/** Up to `COUNTED_MAX` are counted. @returns one more if there are more */
export const countSchedules = (database: Database, filter: ScheduleFilter): Promise<number> =>
  database.transaction(async (client) => {
    await planForValues(client);
    const values: unknown[] = [];
    const conditions = conditionsOf(filter, undefined, (value) => `$${values.push(value)}`);
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT FROM nightshift.schedules s ${joinOf(filter)} WHERE ${conditions} LIMIT ${COUNTED_MAX + 1}) AS counted`,
      values,
    );
    return rows[0]!.count;
  });

/** These searches differ in what they ask for so much that a plan for all of them would be bad for most. */
const planForValues = async (client: pg.ClientBase): Promise<void> => {
  await client.query('SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL statement_timeout = 10000');
};

const read = async (client: pg.ClientBase, statement: (value: AddValue) => string): Promise<Schedule[]> => {
  const values: unknown[] = [];
  const text = statement((value) => `$${values.push(value)}`);
  const { rows } = await client.query<ScheduleRow>(text, values);
  return rows.map(toSchedule);
};

const ORDER = 'ORDER BY s.due_at, s.run_id';

/** The exact status of an open run is the run's alone. */
const joinOf = ({ status }: ScheduleFilter): string =>
  status !== undefined && phaseOf(status) === 'open' ? 'JOIN nightshift.runs r ON r.id = s.run_id' : '';

const conditionsOf = (filter: ScheduleFilter, after: SchedulePlace | undefined, value: AddValue): string => {
  const { workflow, status, chainId, ...criteria } = filter;
  const conditions = ['true'];
  if (workflow !== undefined) conditions.push(`s.workflow = ${value(workflow)}`);
  if (status !== undefined) conditions.push(`s.phase = ${value(phaseOf(status))}`);
  if (status !== undefined && phaseOf(status) === 'open') conditions.push(`r.status = ${value(status)}`);
  if (chainId !== undefined) {
    const chain = value(chainId);
    conditions.push(`(s.chain_id = ${chain} OR s.run_id = ${chain})`);
  }
  if (after) conditions.push(`(s.due_at, s.run_id) > (${value(after.dueAt)}, ${value(after.runId)})`);
  return [...conditions, ...criteriaConditions(criteria, value)].join(' AND ');
};

/**
 * The first rows that fit, by walking an index. That of a workflow has the phase before the due time: without a status, each phase is
 * walked. Indexes: schedules_by_time, _by_phase, _by_workflow, _by_user, _by_list, _by_chain, _with_key.
 */
const firstRows = (
  filter: ScheduleFilter,
  limit: number,
  after: SchedulePlace | undefined,
  value: AddValue,
  also = '',
): string => {
  const conditions = conditionsOf(filter, after, value) + also;
  const branch = (more: string): string =>
    `(SELECT s.* FROM nightshift.schedules s ${joinOf(filter)} WHERE ${conditions}${more} ${ORDER} LIMIT ${limit})`;
  return filter.workflow !== undefined && filter.status === undefined
    ? phases.map((phase) => branch(` AND s.phase = '${phase}'`)).join(' UNION ALL ')
    : branch('');
};

const walked: typeof firstRows = (filter, limit, after, value) =>
  `SELECT ${SCHEDULE_VIEW} FROM (
     SELECT * FROM (${firstRows(filter, limit, after, value)}) AS s ${ORDER} LIMIT ${limit}) AS s
   JOIN nightshift.runs r ON r.id = s.run_id ${ORDER}`;

/** All that fit, then the first of them. Indexes: schedules_by_key, schedules_by_parameters. */
const gathered: typeof firstRows = (filter, limit, after, value) =>
  `WITH found AS MATERIALIZED (
     SELECT s.* FROM nightshift.schedules s ${joinOf(filter)} WHERE ${conditionsOf(filter, after, value)})
   SELECT ${SCHEDULE_VIEW} FROM (SELECT * FROM found s ${ORDER} LIMIT ${limit}) AS s
   JOIN nightshift.runs r ON r.id = s.run_id ${ORDER}`;

/** What fits among the next schedules. `isComplete`: the page is full, or there are no more. */
const walkFor = async (
  client: pg.ClientBase,
  { keyPrefix, parameters, ...ordered }: ScheduleFilter,
  limit: number,
  after: SchedulePlace | undefined,
): Promise<{ rows: Schedule[]; isComplete: boolean }> => {
  const values: unknown[] = [];
  const value: AddValue = (one) => `$${values.push(one)}`;
  const next = firstRows(
    ordered,
    LOOKED_THROUGH,
    after,
    value,
    keyPrefix === undefined ? '' : ' AND s.key IS NOT NULL',
  );
  const fits = criteriaConditions({ keyPrefix, parameters }, value).join(' AND ');
  const { rows } = await client.query<ScheduleRow & { looked: number }>(
    `WITH next AS MATERIALIZED (SELECT * FROM (${next}) AS s ${ORDER} LIMIT ${LOOKED_THROUGH}),
       page AS (SELECT * FROM next s WHERE ${fits} ${ORDER} LIMIT ${limit}),
       looked AS (SELECT count(*)::int AS looked FROM next)
     SELECT ${SCHEDULE_VIEW}, looked.looked FROM looked
     LEFT JOIN page s ON true LEFT JOIN nightshift.runs r ON r.id = s.run_id ${ORDER}`,
    values,
  );
  const looked = rows[0]?.looked ?? 0;
  const found = rows.filter(({ run_id: runId }) => runId !== null);
  return { rows: found.map(toSchedule), isComplete: found.length === limit || looked < LOOKED_THROUGH };
};
