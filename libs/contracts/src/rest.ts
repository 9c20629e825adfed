import { Type, type Static } from 'typebox';
import type { Cause, RunStatus } from './run-events.ts';
import type { Problem } from './problem.ts';
import { WhereSchema } from './data-request.ts';
import { DurationSchema } from './duration.ts';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';

/** Bodies and answers of the REST contract. Every body is checked against its schema at the door. */

const parameters = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const time = Type.String({ format: 'date-time' });
const version = Type.Optional(Type.Enum(['pinned', 'latest']));

export const StartRunBodySchema = Type.Object({ parameters }, { additionalProperties: false });
export type StartRunBody = Static<typeof StartRunBodySchema>;

/** Answer of `POST /v1/workflows/{name}/runs`: 202 with the id, or 200 with the outcome when the caller waited. */
export interface StartedRun {
  runId: string;
  status?: RunStatus;
  result?: unknown;
  problem?: Problem;
}

export const ScheduleBodySchema = Type.Object(
  { at: Type.Optional(time), in: Type.Optional(DurationSchema), parameters, version },
  { additionalProperties: false },
);
export type ScheduleBody = Static<typeof ScheduleBodySchema>;

export interface Schedule {
  scheduleId: string;
  runId: string;
  dueAt: string;
  workflow?: string;
  status?: RunStatus;
}

/** How the items of a list are paced; beside `items` or `query` in JSON, in the query string for NDJSON. */
const pacing = {
  /** The parameter that the item is given as. Absent: it is only in scope as `item`. */
  as: Type.Optional(IdentifierSchema),
  parameters,
  startAt: Type.Optional(time),
  /** Time between the starts of two items. */
  interval: Type.Optional(DurationSchema),
  /** The most items under way at once. 1: strictly one after the other. */
  concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  /** A workflow that starts once, after the last item ended, with `{listId, total, succeeded, failed, cancelled}` as parameters. */
  onComplete: Type.Optional(WorkflowNameSchema),
};

export const ListBodySchema = Type.Object(
  {
    items: Type.Optional(Type.Array(Type.Unknown())),
    query: Type.Optional(
      Type.Object({ type: IdentifierSchema, where: Type.Optional(WhereSchema) }, { additionalProperties: false }),
    ),
    ...pacing,
  },
  { additionalProperties: false },
);
export type ListBody = Static<typeof ListBodySchema>;

export const ListPacingSchema = Type.Object(pacing, { additionalProperties: false });
export type ListPacing = Static<typeof ListPacingSchema>;

export interface AdmittedList {
  listId: string;
  total: number;
}

export const RecurrenceBodySchema = Type.Object(
  {
    /** Every so long, counted from `startAt`. */
    every: Type.Optional(DurationSchema),
    /** Five or six fields. */
    cron: Type.Optional(Type.String({ maxLength: 200 })),
    /** IANA name; UTC if absent. */
    timeZone: Type.Optional(Type.String({ maxLength: 64 })),
    startAt: Type.Optional(time),
    parameters,
  },
  { additionalProperties: false },
);
export type RecurrenceBody = Static<typeof RecurrenceBodySchema>;

export interface Recurrence extends RecurrenceBody {
  workflow: string;
  key: string;
  /** The next ten planned moments. */
  next: string[];
}

/** A workflow as it is read back. */
export interface WorkflowInfo {
  name: string;
  title?: string;
  /** The newest saved version. */
  version: number;
  /** Whether the newest version has not been published. */
  draft: boolean;
  publishedVersion: number | null;
}

/** One run, as `GET /v1/runs/{id}` answers. */
export interface RunView {
  id: string;
  workflow: string;
  workflowVersion: number;
  status: RunStatus;
  parameters?: Record<string, unknown>;
  cause: Cause;
  parentRunId: string | null;
  chainId: string;
  iteration: number;
  depth: number;
  listId: string | null;
  dueAt: string | null;
  requestedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  result?: unknown;
  problem?: Problem;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
