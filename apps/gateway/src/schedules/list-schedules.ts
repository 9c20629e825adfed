import { compileSchema, Failure, WorkflowNameSchema, type Page, type Schedule } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { Type } from 'typebox';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { scheduleOf } from './schedule-view.ts';

type Deps = { ledger: Pick<Ledger, 'runs'> };

const QuerySchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
);
const check = compileSchema(QuerySchema);

const LIMIT_DEFAULT = 50;

/** Runs that wait for their time, the one that was scheduled last first. @throws Failure `request.invalid` */
export const makeListSchedules =
  ({ ledger }: Deps) =>
  async (query: Record<string, string | string[] | undefined>): Promise<Page<Schedule>> => {
    const { workflow, limit = LIMIT_DEFAULT, cursor } = checked(check, coerceQuery(query, QuerySchema));
    const page = await ledger.runs.search({ workflow, status: 'scheduled' }, limit, cursor);
    return { items: page.items.flatMap((run) => scheduleOf(run) ?? []), nextCursor: page.nextCursor };
  };

/** A schedule, also after its run has started. @throws Failure `schedule.not_found` */
export const makeGetSchedule =
  ({ ledger }: Deps) =>
  async (id: string): Promise<Schedule> => {
    const run = await ledger.runs.find(id);
    const schedule = run && scheduleOf(run);
    if (!schedule) throw new Failure('schedule.not_found', { detail: `There is no schedule ${id}` });
    return schedule;
  };
