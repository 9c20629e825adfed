import { Type, type Static } from 'typebox';
import { SortSchema, WhereSchema } from './data-request.ts';
import { DurationSchema, durationMs, type Duration } from './duration.ts';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';
import type { Problem, Violation } from './problem.ts';
import { runStatuses, type RunStatus } from './run-events.ts';

/** Bodies and answers about lists. */

const closed = { additionalProperties: false };
const percent = Type.Number({ minimum: 0, maximum: 100 });

export const listOrders = ['parallel', 'sequential', 'byKey'] as const;
export type ListOrder = (typeof listOrders)[number];

const ConcurrencySchema = Type.Integer({ minimum: 1, maximum: 100_000 });
const RateSchema = Type.Object(
  { limit: Type.Integer({ minimum: 1, maximum: 1_000_000 }), per: DurationSchema },
  closed,
);
const FailurePolicySchema = Type.Union([
  Type.Enum(['continue', 'stop']),
  Type.Object({ stopAbovePercent: percent }, closed),
]);
const every = {
  everyItems: Type.Optional(Type.Integer({ minimum: 1 })),
  everyPercent: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100 })),
};
const OnProgressSchema = Type.Object({ workflow: WorkflowNameSchema, ...every }, closed);

/** What can be changed while the list is under way: exactly one of `interval`, `gap` and `rate`, or none of them. */
const changeable = {
  /** Time between the starts of two items, however long they take. */
  interval: Type.Optional(DurationSchema),
  /** Time between the end of an item and the start of the one that takes its place. Without `concurrency`: one at a time. */
  gap: Type.Optional(DurationSchema),
  /** Never more than `limit` starts in any stretch of `per`. */
  rate: Type.Optional(RateSchema),
  /** `stop`: no item starts after the first failure. `stopAbovePercent`: none after more than this share of all has failed. */
  failurePolicy: Type.Optional(FailurePolicySchema),
};

const common = {
  /** The parameter that the item is given as. Absent: it is only in scope as `item`. */
  as: Type.Optional(IdentifierSchema),
  parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  startAt: Type.Optional(Type.String({ format: 'date-time' })),
  /** `sequential`: one after the other. `byKey`: those with the same `key` one after the other, others side by side. */
  order: Type.Optional(Type.Enum([...listOrders])),
  /** An expression over `item`, `index` and `parameters`. */
  key: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })),
  /** The most items under way at once. */
  concurrency: Type.Optional(ConcurrencySchema),
  /** A workflow that starts once, after the last item has ended, with how it went as parameters. */
  onComplete: Type.Optional(WorkflowNameSchema),
  /** A workflow that starts for each item that failed, with `{listId, index, item, runId, problem}` as parameters. */
  onItemFailed: Type.Optional(WorkflowNameSchema),
};

/** How the items of a list are started, as a JSON body has it. */
const settings = { ...common, ...changeable, onProgress: Type.Optional(OnProgressSchema) };
export const ListSettingsSchema = Type.Object(settings, closed);
export type ListSettings = Static<typeof ListSettingsSchema>;

/** The same in a query string: members of `rate`, `onProgress` and `failurePolicy` stand beside the others. */
export const ListQuerySchema = Type.Object(
  {
    ...common,
    interval: changeable.interval,
    gap: changeable.gap,
    limit: Type.Optional(RateSchema.properties.limit),
    per: Type.Optional(DurationSchema),
    failurePolicy: Type.Optional(Type.Enum(['continue', 'stop'])),
    stopAbovePercent: Type.Optional(percent),
    onProgress: Type.Optional(WorkflowNameSchema),
    ...every,
  },
  closed,
);
export type ListQuery = Static<typeof ListQuerySchema>;

export const ListBodySchema = Type.Object(
  {
    items: Type.Optional(Type.Array(Type.Unknown())),
    query: Type.Optional(
      Type.Object(
        { type: IdentifierSchema, where: Type.Optional(WhereSchema), sort: Type.Optional(SortSchema) },
        closed,
      ),
    ),
    ...settings,
  },
  closed,
);
export type ListBody = Static<typeof ListBodySchema>;

/** Body of `PATCH /v1/lists/{id}`. What is not named stays; a new pace takes the place of the old one. */
export const ListChangeSchema = Type.Object(
  {
    ...changeable,
    /** Null: no limit of its own any more. */
    concurrency: Type.Optional(Type.Union([ConcurrencySchema, Type.Null()])),
  },
  { ...closed, minProperties: 1 },
);
export type ListChange = Static<typeof ListChangeSchema>;

/** Body of `POST /v1/lists/{id}/pause`: what becomes of items that have started. */
export const PauseListBodySchema = Type.Object({ inFlight: Type.Optional(Type.Enum(['finish', 'pause'])) }, closed);
/** Body of `POST /v1/lists/{id}/cancel`. */
export const CancelListBodySchema = Type.Object({ inFlight: Type.Optional(Type.Enum(['finish', 'cancel'])) }, closed);

/** How fast items start. At most one of the three is set; all null: as fast as they can. */
export interface ListPace {
  intervalMs: number | null;
  gapMs: number | null;
  rate: { limit: number; perMs: number } | null;
}

/** The pace that is asked for. An interval or a gap of nothing is none. */
export const listPace = ({ interval, gap, rate }: Pick<ListSettings, 'interval' | 'gap' | 'rate'>): ListPace => {
  const length = (duration: Duration | undefined): number | null =>
    duration === undefined ? null : durationMs(duration) || null;
  const perMs = length(rate?.per);
  return {
    intervalMs: length(interval),
    gapMs: length(gap),
    rate: rate && perMs !== null ? { limit: rate.limit, perMs } : null,
  };
};

/** The share of failed items, in percent, above which no further item starts; null: all start. */
export const stopAbovePercent = (policy: ListSettings['failurePolicy']): number | null => {
  if (typeof policy === 'object') return policy.stopAbovePercent;
  return policy === 'stop' ? 0 : null;
};

/**
 * What is wrong with settings that fit their schema: words that exclude or need each other. `isWrittenOut` false: expressions may stand for
 * values, and only the words themselves are looked at.
 */
export const checkListSettings = (
  given: Partial<ListSettings>,
  { isWrittenOut = true }: { isWrittenOut?: boolean } = {},
): Violation[] => {
  const violations: Violation[] = [];
  const paces = (['interval', 'gap', 'rate'] as const).filter((word) => given[word] !== undefined);
  if (paces.length > 1) violations.push({ pointer: '', detail: `may have one of ${paces.join(' and ')} only` });
  const { onProgress } = given;
  if (onProgress && (onProgress.everyItems === undefined) === (onProgress.everyPercent === undefined))
    violations.push({ pointer: '/onProgress', detail: 'must have exactly one of everyItems and everyPercent' });
  return isWrittenOut ? [...violations, ...checkValues(given)] : violations;
};

const checkValues = ({ order, key, concurrency, rate }: Partial<ListSettings>): Violation[] => {
  const violations: Violation[] = [];
  if ((order === 'byKey') !== (key !== undefined))
    violations.push({ pointer: '/key', detail: 'goes with the order byKey, which needs it' });
  if (order === 'sequential' && (concurrency ?? 1) > 1)
    violations.push({ pointer: '/concurrency', detail: 'has no meaning in the order sequential' });
  if (rate && durationMs(rate.per) === 0)
    violations.push({ pointer: '/rate/per', detail: 'must be longer than nothing' });
  return violations;
};

export interface AdmittedList {
  listId: string;
  total: number;
}

export type ListStatus = Extract<RunStatus, 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled'>;
export const listStatuses: readonly ListStatus[] = ['running', 'paused', 'succeeded', 'failed', 'cancelled'];

/**
 * A list, as `GET /v1/lists/{id}` answers. `done` = `succeeded + failed + skipped + cancelled + dropped`, and never falls; an item that is
 * tried again counts as failed until it has ended, and in `retrying` meanwhile.
 */
export interface ListInfo {
  id: string;
  workflow: string;
  status: ListStatus;
  total: number;
  done: number;
  /** Items that were started, whatever became of them. */
  handedOut: number;
  inFlight: number;
  succeeded: number;
  failed: number;
  skipped: number;
  /** Items whose run was cancelled. */
  cancelled: number;
  /** Items that will never start, because the list was cancelled or stopped. */
  dropped: number;
  retrying: number;
  /** Why the list was stopped. */
  message: string | null;
  settings: Omit<ListSettings, 'failurePolicy'> & { order: ListOrder; failurePolicy: FailurePolicy };
  requestedAt: string;
  finishedAt: string | null;
  progressAt: string | null;
}
export type FailurePolicy = Static<typeof FailurePolicySchema>;

/** `pending`: it waits for its turn in the list. `skipped`: it was taken out before it started. */
export const listItemStatuses = [
  'pending',
  'skipped',
  ...runStatuses.filter((status) => status !== 'scheduled'),
] as const;
export type ListItemStatus = 'pending' | 'skipped' | Exclude<RunStatus, 'scheduled'>;

export const ListItemsQuerySchema = Type.Object(
  {
    status: Type.Optional(Type.Enum([...listItemStatuses])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    /** The index from which on the page begins. */
    cursor: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);

export const ListSearchSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    status: Type.Optional(Type.Enum([...listStatuses])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: Type.Optional(Type.String({ format: 'uuid' })),
  },
  closed,
);

/** One item of a list, as `GET /v1/lists/{id}/items` answers. */
export interface ListItem {
  index: number;
  item: unknown;
  status: ListItemStatus;
  /** Null: it has not started, and will not if it was skipped or cancelled. */
  runId: string | null;
  /** How often its run was begun: 1, and 1 more for each retry. */
  attempts: number;
  error: Problem | null;
}
