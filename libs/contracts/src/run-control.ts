import { Type, type Static } from 'typebox';
import type { FailureCode } from './failures.ts';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';
import { runStatuses, type RunStatus } from './run-events.ts';
import { scheduleCriteria } from './schedule-criteria.ts';

/** Bodies and answers of `POST /v1/runs/{id}/cancel|pause|resume|retry|replay`, and of the same for many runs at once. */

const closed = { additionalProperties: false };
const id = Type.String({ format: 'uuid' });
const time = Type.String({ format: 'date-time' });
const reason = Type.Optional(Type.String({ maxLength: 1000 }));
const parameters = Type.Optional(Type.Record(Type.String(), Type.Unknown()));

/** More ids than this are a query. */
export const CONTROLLED_IDS_MAX = 10_000;

/** Of one run, for `cancel` and `pause`. The reason is in the run's history. */
export const StopRunBodySchema = Type.Object({ reason }, closed);
export type StopRunBody = Static<typeof StopRunBodySchema>;

export const RetryRunBodySchema = Type.Object(
  {
    /** Corrected ones, whole: they take the place of those that the run was requested with. */
    parameters,
  },
  closed,
);
export type RetryRunBody = Static<typeof RetryRunBodySchema>;

const replay = {
  /** The first step that is executed again. Absent: the run begins from the beginning. */
  fromStep: Type.Optional(IdentifierSchema),
  /** Of the workflow. Absent: the one that the replayed run had. */
  version: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('latest')])),
};
export const ReplayRunBodySchema = Type.Object({ ...replay, parameters }, closed);
export type ReplayRunBody = Static<typeof ReplayRunBodySchema>;

/** What the runs that are meant have in common: each given criterion holds for each of them. */
export const RunWhereSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    status: Type.Optional(Type.Enum([...runStatuses])),
    chainId: Type.Optional(id),
    listId: Type.Optional(id),
    parentRunId: Type.Optional(id),
    requestedAfter: Type.Optional(time),
    requestedBefore: Type.Optional(time),
    ...scheduleCriteria,
  },
  { ...closed, minProperties: 1 },
);
export type RunWhere = Static<typeof RunWhereSchema>;

/** Of one run, for `resume`: there is nothing to say. */
export const EmptyBodySchema = Type.Object({}, closed);

/** Answer of `POST /v1/runs/{id}/replay`. */
export interface ReplayedRun {
  runId: string;
}

/** Many runs: named one by one, or found. Exactly one of the two. */
const target = {
  ids: Type.Optional(Type.Array(id, { minItems: 1, maxItems: CONTROLLED_IDS_MAX })),
  where: Type.Optional(RunWhereSchema),
};
export type RunsTarget = { ids: string[] } | { where: RunWhere };

export const StopRunsBodySchema = Type.Object({ ...target, reason }, closed);
export const RunsBodySchema = Type.Object(target, closed);
export const ReplayRunsBodySchema = Type.Object({ ...target, ...replay }, closed);

/** Answer of a control call for many runs. */
export interface ControlledRuns {
  changed: number;
  /** Runs that could not be changed, the first hundred of them. `status` null: there is no such run. */
  unchanged: { runId: string; status: RunStatus | null; code: FailureCode }[];
}
