import {
  compileSchema,
  COUNTED_MAX,
  Failure,
  ScheduleSearchSchema,
  type Schedule,
  type SchedulePage,
} from '@nightshift/contracts';
import type { Ledger, ScheduleFilter, SchedulePlace } from '@nightshift/ledger';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { isUuid } from '../door/read-id.ts';
import { readScheduleWhere } from './read-schedules.ts';
import { readParameterCriteria } from './read-parameter-criteria.ts';

type Deps = { ledger: Pick<Ledger, 'schedules'> };
type Query = Record<string, string | string[] | undefined>;

const check = compileSchema(ScheduleSearchSchema);

const LIMIT_DEFAULT = 50;

/** A place is told as its due time and id: what comes in before or behind it changes nothing. */
const cursorOf = ({ dueAt, runId }: Schedule): string => `${Date.parse(dueAt)}_${runId}`;

const readCursor = (cursor: string | undefined): SchedulePlace | undefined => {
  if (cursor === undefined) return undefined;
  const [, dueMs, runId = ''] = /^(-?\d{1,15})_([0-9a-f-]{36})$/.exec(cursor) ?? [];
  const dueAt = new Date(Number(dueMs));
  if (!isUuid(runId) || Number.isNaN(dueAt.getTime()))
    throw refusal('request.invalid', [{ pointer: '/cursor', detail: 'is not one that a page ended with' }]);
  return { dueAt, runId };
};

/** Schedules that fit every criterion, the one that is due first first. @throws Failure `request.invalid` */
export const makeSearchSchedules =
  ({ ledger }: Deps) =>
  async (given: Query): Promise<SchedulePage> => {
    const { query, parameters } = readParameterCriteria(given);
    const {
      limit = LIMIT_DEFAULT,
      cursor,
      count,
      status = 'scheduled',
      ...where
    } = checked(check, coerceQuery(query, ScheduleSearchSchema));
    const filter: ScheduleFilter = {
      ...readScheduleWhere(where),
      ...(status !== 'any' && { status }),
      ...(parameters.length > 0 && { parameters }),
    };
    const [found, counted] = await Promise.all([
      ledger.schedules.search(filter, limit + 1, readCursor(cursor)),
      count === true ? ledger.schedules.count(filter) : undefined,
    ]);
    const items = found.slice(0, limit);
    return {
      items,
      nextCursor: found.length > limit ? cursorOf(items.at(-1)!) : null,
      ...(counted !== undefined && { count: Math.min(counted, COUNTED_MAX), countIsExact: counted <= COUNTED_MAX }),
    };
  };

/** A schedule, also after its run has started. @throws Failure `schedule.not_found` */
export const makeGetSchedule =
  ({ ledger }: Deps) =>
  async (id: string): Promise<Schedule> => {
    const schedule = await ledger.schedules.find(id);
    if (!schedule) throw new Failure('schedule.not_found', { detail: `There is no schedule ${id}` });
    return schedule;
  };
