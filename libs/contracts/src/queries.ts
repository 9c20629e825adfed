import { Type } from 'typebox';
import { evaluationOutcomes } from './evaluation.ts';
import { WorkflowNameSchema } from './names.ts';
import { runStatuses } from './run-events.ts';
import { scheduleCriteria } from './schedule-criteria.ts';
import { ScheduleWhereSchema } from './schedules.ts';
import { streams } from './subjects.ts';

/** What the query strings of operations may hold, where no other file has them. */

const closed = { additionalProperties: false };
const id = Type.Optional(Type.String({ format: 'uuid' }));
const time = Type.Optional(Type.String({ format: 'date-time' }));
const status = Type.Optional(Type.Enum([...runStatuses]));
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 }));
const dryRun = Type.Optional(Type.Boolean({ description: 'Only says what would be done.' }));
/** A number of places that only grows. */
const place = Type.Optional(Type.String({ pattern: '^\\d{1,18}$' }));

/** `parameter.<path>=<value>`, any number of them. They are read before the rest is checked. */
const byParameters = {
  ...closed,
  patternProperties: {
    '^parameter\\.': { type: 'string', description: 'What a parameter is, or with dots what is within it.' },
  },
};

/** For how long the answer may be held back: `10s`, `250ms`, `10` or ISO 8601. */
const wait = Type.Optional(
  Type.String({
    description: 'How long to wait: `10s`, `250ms`, `10` (seconds) or an ISO 8601 duration. Five minutes at most.',
    examples: ['10s'],
  }),
);

/** Of `POST /v1/workflows/{name}/runs` and of progress. */
export const WaitQuerySchema = Type.Object({ wait }, closed);

export const PublishQuerySchema = Type.Object(
  { force: Type.Optional(Type.Boolean({ description: 'Even if something that is planned or under way breaks.' })) },
  closed,
);

const { parameters: _, ...runCriteria } = scheduleCriteria;

export const RunSearchSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    status,
    list: id,
    chain: id,
    parent: id,
    requestedAfter: time,
    requestedBefore: time,
    ...runCriteria,
    limit,
    cursor: id,
  },
  byParameters,
);

export const HistoryQuerySchema = Type.Object(
  { after: Type.Optional(Type.Integer({ minimum: 0, description: 'The version after which the answer begins.' })) },
  closed,
);

const { parameters: __, status: ___, ...waiting } = ScheduleWhereSchema.properties;

export const ScheduleSearchSchema = Type.Object(
  {
    ...waiting,
    /** Absent: those that wait for their time. */
    status: Type.Optional(Type.Enum(['any', ...runStatuses])),
    count: Type.Optional(Type.Boolean({ description: 'Whether to count all that fit.' })),
    limit,
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
  },
  byParameters,
);

export const OccurrencesQuerySchema = Type.Object(
  {
    limit,
    /** The planned moment of the last entry of the page before. */
    cursor: time,
  },
  closed,
);

export const EvaluationsQuerySchema = Type.Object(
  {
    outcome: Type.Optional(Type.Enum([...evaluationOutcomes])),
    thing: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    limit,
    cursor: place,
  },
  closed,
);

export const ChainSearchSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    status,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    cursor: id,
  },
  closed,
);

export const DeclareTypeQuerySchema = Type.Object({ dryRun }, closed);

export const DeleteTypeQuerySchema = Type.Object(
  { dryRun, confirm: Type.Optional(Type.String({ description: 'The hash of the plan.' })) },
  closed,
);

export const MailboxQuerySchema = Type.Object(
  { to: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })), run: id, limit, cursor: place },
  closed,
);

const stream = Type.Optional(Type.Enum(Object.values(streams).map(({ name }) => name)));

export const DeadLettersQuerySchema = Type.Object(
  {
    stream,
    /** Each letter is asked for by itself. */
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
  },
  closed,
);

/** Body of `POST /v1/dead-letters/redrive`: those of one stream, or all. */
export const RedriveBodySchema = Type.Object({ stream }, closed);
