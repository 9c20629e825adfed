import { Type, type Static } from 'typebox';
import type { Caller } from './caller.ts';
import { DurationSchema } from './duration.ts';
import { WorkflowNameSchema } from './names.ts';
import { CONTROLLED_IDS_MAX } from './run-control.ts';
import { runStatuses, type RunEvent, type RunEventData, type RunRequested, type RunStatus } from './run-events.ts';
import { scheduleCriteria, ScheduleKeySchema } from './schedule-criteria.ts';

/** Bodies and answers of `/v1/schedules`. A schedule is a run that has a due time; its id is the run's. */

const closed = { additionalProperties: false };
const id = Type.String({ format: 'uuid' });
const time = Type.String({ format: 'date-time' });
const parameters = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const when = { at: Type.Optional(time), in: Type.Optional(DurationSchema) };

/** Body of `POST /v1/workflows/{name}/schedules`: exactly one of `at` and `in`. */
export const ScheduleBodySchema = Type.Object(
  {
    ...when,
    parameters,
    version: Type.Optional(Type.Enum(['pinned', 'latest'])),
    /** The caller's own name for it: one schedule of this workflow and key waits at a time, and a later one takes its place. */
    key: Type.Optional(ScheduleKeySchema),
  },
  closed,
);
export type ScheduleBody = Static<typeof ScheduleBodySchema>;

const move = {
  ...when,
  /** Later than it was due by as much. */
  by: Type.Optional(DurationSchema),
};

/** Body of `PATCH /v1/schedules/{id}`: at most one of `at`, `in` and `by`, and other parameters, whole. */
export const MoveScheduleBodySchema = Type.Object({ ...move, parameters }, { ...closed, minProperties: 1 });
export type MoveScheduleBody = Static<typeof MoveScheduleBodySchema>;

/** What the schedules that are meant have in common: each given criterion holds for each of them. */
export const ScheduleWhereSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    status: Type.Optional(Type.Enum([...runStatuses])),
    chainId: Type.Optional(id),
    /** Schedules that a run of one of this list's items has made. */
    listId: Type.Optional(id),
    ...scheduleCriteria,
  },
  { ...closed, minProperties: 1 },
);
export type ScheduleWhere = Static<typeof ScheduleWhereSchema>;

const target = {
  ids: Type.Optional(Type.Array(id, { minItems: 1, maxItems: CONTROLLED_IDS_MAX })),
  where: Type.Optional(ScheduleWhereSchema),
};
export type SchedulesTarget = { ids: string[] } | { where: ScheduleWhere };

/** Bodies of `POST /v1/schedules/cancel|pause`, `resume` and `move`. Exactly one of `ids` and `where`. */
export const StopSchedulesBodySchema = Type.Object(
  { ...target, reason: Type.Optional(Type.String({ maxLength: 1000 })) },
  closed,
);
export const SchedulesBodySchema = Type.Object(target, closed);
export const MoveSchedulesBodySchema = Type.Object({ ...target, ...move }, closed);
export type MoveTime = Pick<MoveScheduleBody, 'at' | 'in' | 'by'>;

/** A run that starts later than this after it was due is late. Starts at idle are well within it. */
export const LATE_FROM_MS = 1_000;

/** How a start came, compared with when it was due. Absent: it has not started, or was due at no time. */
export interface Lateness {
  late?: boolean;
  lateMs?: number;
}

/** How late a run started. `dueAt` null: it was to start at once. */
export const latenessOf = (dueAt: string | null, startedAt: string | null): Lateness => {
  if (dueAt === null || startedAt === null) return {};
  const lateMs = Math.max(0, Date.parse(startedAt) - Date.parse(dueAt));
  return { late: lateMs >= LATE_FROM_MS, lateMs };
};

/** A schedule, as `GET /v1/schedules/{id}` answers. */
export interface Schedule extends Lateness {
  scheduleId: string;
  runId: string;
  workflow: string;
  status: RunStatus;
  /** The version of the workflow that it starts, or has started; of a `latest` one that waits, the one that it was scheduled with. */
  workflowVersion: number;
  version: 'pinned' | 'latest';
  key?: string;
  dueAt: string;
  parameters: Record<string, unknown>;
  requestedAt: string;
  requestedBy?: Caller;
  startedAt: string | null;
  finishedAt: string | null;
  chainId: string;
  parentRunId: string | null;
  /** The list that the run which made it is an item of. */
  listId: string | null;
}

/** Answer of `POST /v1/workflows/{name}/schedules`. */
export interface Scheduled extends Lateness {
  scheduleId: string;
  runId: string;
  dueAt: string;
  key?: string;
  /** Whether it took the place of one that waited under the same key, and kept its id. */
  replaced?: boolean;
}

/** Answer of `GET /v1/schedules`. `count`, if it was asked for: exact below `COUNTED_MAX`, and otherwise at least that many. */
export interface SchedulePage {
  items: Schedule[];
  nextCursor: string | null;
  count?: number;
  countIsExact?: boolean;
}

/** More are not counted one by one. */
export const COUNTED_MAX = 10_000;

/** What a run is requested with after it was rescheduled. */
export const rescheduled = (requested: RunRequested, data: RunEventData<'RunRescheduled'>): RunRequested => {
  const { version: was = 'pinned', ...kept } = requested;
  const { version = was, ...changed } = data;
  return { ...kept, ...changed, ...(version === 'latest' && { version }) };
};

/** What a run is to be executed with: its request, and what rescheduled it since. Undefined for another history. */
export const requestOf = (history: readonly RunEvent[]): RunRequested | undefined => {
  const first = history[0];
  if (first?.type !== 'RunRequested') return undefined;
  let requested = first.data;
  for (const event of history) if (event.type === 'RunRescheduled') requested = rescheduled(requested, event.data);
  return requested;
};

/** Whether a run that is requested at this moment is to start at once. */
export const isDueAt = ({ dueAt }: Pick<RunRequested, 'dueAt'>, at: string): boolean =>
  dueAt === undefined || Date.parse(dueAt) <= Date.parse(at);
