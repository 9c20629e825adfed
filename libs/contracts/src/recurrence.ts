import { Type, type Static } from 'typebox';
import { DurationSchema } from './duration.ts';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';

/** Recurrences: a workflow that is started again and again. Bodies and answers of REST, and what the ledger keeps. */

const time = Type.String({ format: 'date-time' });

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];
const WeekdaySchema = Type.Enum([...weekdays]);

/**
 * A day of a month: its number, its `last` day, or the nth of a weekday, as in `{ nth: 2, weekday: 'tuesday' }`.
 * A month that has no such number runs on its last day: 31 means 28 or 29 February and 30 April too. A month that has no
 * fifth Monday runs on none; `nth: 'last'` is there in every month.
 */
export const MonthDaySchema = Type.Union([
  Type.Integer({ minimum: 1, maximum: 31 }),
  Type.Literal('last'),
  Type.Object(
    {
      nth: Type.Union([Type.Integer({ minimum: 1, maximum: 5 }), Type.Literal('last')]),
      weekday: WeekdaySchema,
    },
    { additionalProperties: false },
  ),
]);
export type MonthDay = Static<typeof MonthDaySchema>;

const TimeOfDaySchema = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$' });

/**
 * Days, and the times of those days, by the clocks of the recurrence's zone. A time that the clocks skip runs at the first
 * moment after the gap; one that they show twice runs once, the first time.
 */
export const CalendarSchema = Type.Object(
  {
    frequency: Type.Enum(['daily', 'weekly', 'monthly', 'quarterly', 'yearly']),
    /** Weekly: on which days. */
    days: Type.Optional(Type.Array(WeekdaySchema, { minItems: 1, uniqueItems: true })),
    /** Yearly: 1 to 12. Quarterly: 1 to 3, the month within each quarter. */
    month: Type.Optional(Type.Integer({ minimum: 1, maximum: 12 })),
    /** Monthly, quarterly and yearly. */
    day: Type.Optional(MonthDaySchema),
    /** `HH:MM` or `HH:MM:SS`; several, for several times each day. */
    at: Type.Union([TimeOfDaySchema, Type.Array(TimeOfDaySchema, { minItems: 1, maxItems: 48, uniqueItems: true })]),
  },
  { additionalProperties: false },
);
export type Calendar = Static<typeof CalendarSchema>;

const date = Type.String({ format: 'date' });
/** A day on which nothing is planned, or all days from one to another, both of them included. */
export const ExcludedSchema = Type.Union([
  date,
  Type.Object({ from: date, to: date }, { additionalProperties: false }),
]);
export type Excluded = Static<typeof ExcludedSchema>;

/**
 * What becomes of planned moments that were missed: overtaken by the next, or late by more than a minute, because no scheduler ran.
 * `once` (if absent) starts one run, for the newest of them; `skip` starts none; `all` starts one for each; `{ within }` starts one
 * for each that is no later than that.
 */
export const MisfireSchema = Type.Union([
  Type.Enum(['skip', 'once', 'all']),
  Type.Object({ within: DurationSchema }, { additionalProperties: false }),
]);
export type Misfire = Static<typeof MisfireSchema>;

/**
 * What becomes of a planned moment while the recurrence's previous run goes on. `parallel` (if absent) starts its run all the same; `skip`
 * starts none; `queue` starts it when the previous one has ended, one after the other; `cancelPrevious` cancels the previous one first.
 */
export const OverlapSchema = Type.Enum(['skip', 'queue', 'parallel', 'cancelPrevious']);
export type Overlap = Static<typeof OverlapSchema>;

/** When a recurrence is planned to run. Exactly one of `every`, `calendar` and `cron`. */
const planning = {
  /** Every so long, one second at least, counted from `startAt`. The clocks of no zone change it. */
  every: Type.Optional(DurationSchema),
  calendar: Type.Optional(CalendarSchema),
  /** Five fields, or six with seconds first. */
  cron: Type.Optional(Type.String({ maxLength: 200 })),
  /** IANA name, as in `Europe/Berlin`; UTC if absent. */
  timeZone: Type.Optional(Type.String({ maxLength: 64 })),
  /** Nothing is planned before it. */
  startAt: Type.Optional(time),
  /** Nothing is planned after it; the recurrence then ends. */
  endAt: Type.Optional(time),
  /** Days in the recurrence's zone. */
  exclude: Type.Optional(Type.Array(ExcludedSchema, { maxItems: 1000 })),
};

export const RecurrenceBodySchema = Type.Object(
  {
    ...planning,
    /**
     * Starts each run later by up to this much, so that many recurrences of one time do not start at once. How much is always the
     * same for a planned moment.
     */
    jitter: Type.Optional(DurationSchema),
    misfire: Type.Optional(MisfireSchema),
    overlap: Type.Optional(OverlapSchema),
    /** `latest` (if absent): of each run's start. `pinned`: the version that is published when the recurrence is set. */
    version: Type.Optional(Type.Enum(['pinned', 'latest'])),
    /** The recurrence ends with this thing: at the first planned moment after it was deleted, without a run. */
    thing: Type.Optional(Type.Object({ type: IdentifierSchema, id: Type.String() }, { additionalProperties: false })),
    /** Whether it starts no runs for now. Absent: as it is; a new one is not paused. */
    paused: Type.Optional(Type.Boolean()),
    parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
);
export type RecurrenceBody = Static<typeof RecurrenceBodySchema>;
/** The part of it that says when. */
export type RecurrencePlan = Pick<RecurrenceBody, keyof typeof planning>;

export interface Recurrence extends RecurrenceBody {
  workflow: string;
  key: string;
  paused: boolean;
  /** Its runs go by this version of the workflow. Absent: by the one that is published then. */
  workflowVersion?: number;
  /** The next ten planned moments, before jitter. */
  next: string[];
}

/** Query of `GET /v1/recurrences`. */
export const RecurrenceSearchSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    /** Only those that end with a thing, or only those that do not. */
    attached: Type.Optional(Type.Boolean()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    /** `workflow/key` of the last entry of the page before. */
    cursor: Type.Optional(Type.String({ maxLength: 300 })),
  },
  { additionalProperties: false },
);
export type RecurrenceSearch = Static<typeof RecurrenceSearchSchema>;

/** Body of `POST /v1/recurrences/preview`. */
export const PreviewBodySchema = Type.Object(
  {
    spec: RecurrenceBodySchema,
    /** How many moments; ten if absent. */
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    /** The moments after this one; now if absent. */
    from: Type.Optional(time),
  },
  { additionalProperties: false },
);
export type PreviewBody = Static<typeof PreviewBodySchema>;

/** Answer of `POST /v1/recurrences/preview`. */
export interface RecurrencePreview {
  /** Planned moments, ascending. Fewer than asked for only if the recurrence ends. */
  next: string[];
}

/**
 * Why a planned moment started no run: it was missed (`misfire`), the previous run went on (`overlap`), the recurrence was `paused`, its
 * workflow was `unpublished`, its thing was gone (`thingGone`), or it was removed while this moment waited in its queue (`removed`).
 */
export type SkipReason = 'misfire' | 'overlap' | 'paused' | 'unpublished' | 'thingGone' | 'removed';

/** What became of one planned moment of a recurrence. */
export type RecurrenceOccurrence = {
  plannedAt: string;
  /** `plannedAt` and its jitter. */
  dueAt: string;
  /** When this was decided. */
  settledAt: string;
} & (
  | { outcome: 'fired'; runId: string; lateMs: number }
  | { outcome: 'queued' }
  | { outcome: 'skipped'; reason: SkipReason }
);
