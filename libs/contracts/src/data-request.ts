import { Type, type Static } from 'typebox';
import { IdentifierSchema } from './names.ts';
import { ActingUserSchema, type ActingUser } from './privacy.ts';
import type { Problem } from './problem.ts';
import type { Thing } from './type-definition.ts';

const type = Type.String();
const id = Type.String();
const fields = Type.Record(Type.String(), Type.Unknown());

/** Operators of one field's condition. A bare value means `eq`. All that are given must hold. */
export const ConditionSchema = Type.Object(
  {
    eq: Type.Optional(Type.Unknown()),
    ne: Type.Optional(Type.Unknown()),
    in: Type.Optional(Type.Array(Type.Unknown())),
    gt: Type.Optional(Type.Unknown()),
    gte: Type.Optional(Type.Unknown()),
    lt: Type.Optional(Type.Unknown()),
    lte: Type.Optional(Type.Unknown()),
    contains: Type.Optional(Type.String()),
    startsWith: Type.Optional(Type.String()),
    empty: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type Condition = Static<typeof ConditionSchema>;

/**
 * `{ plan: 'pro', age: { gte: 18 }, or: [{…}, {…}], not: {…} }`. The keys `and`, `or` and `not` combine; every other key is a
 * field. Checked against the type by the data service, which knows the fields.
 */
export const WhereSchema = Type.Record(Type.String(), Type.Unknown());
export type Where = Static<typeof WhereSchema>;

/** One sort key: a field name, with `-` before it for descending. */
export const SortSchema = Type.Array(Type.String(), { maxItems: 8 });

/** The most things one page of a search may hold. */
export const SEARCH_LIMIT_MAX = 1000;

/** `{ sum: 'total' }`; `{ count: true }` counts the things found. The others ignore things whose field is empty. */
export const AggregateSchema = Type.Union([
  Type.Object({ count: Type.Literal(true) }, { additionalProperties: false }),
  ...(['sum', 'average', 'min', 'max'] as const).map((name) =>
    Type.Object({ [name]: Type.String() }, { additionalProperties: false }),
  ),
]);
export type Aggregate = { count: true } | { sum: string } | { average: string } | { min: string } | { max: string };

/** Body of `POST /v1/things/{type}/search`. */
export const SearchBodySchema = Type.Object(
  {
    where: Type.Optional(WhereSchema),
    sort: Type.Optional(SortSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX })),
    cursor: Type.Optional(Type.String()),
    count: Type.Optional(Type.Boolean()),
    /** Computed over everything that `where` finds, not over the page. */
    aggregates: Type.Optional(Type.Record(IdentifierSchema, AggregateSchema, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type SearchBody = Omit<Static<typeof SearchBodySchema>, 'aggregates'> & {
  aggregates?: Record<string, Aggregate>;
};

/**
 * What carries a change's cause through the database: written to the log in the same transaction as the change
 * (`pg_logical_emit_message`), read back by change capture.
 */
export const OriginSchema = Type.Object({
  runId: Type.Optional(Type.String()),
  /** The depth of runs that the change starts: one more than that of the run that made it, 0 if none did. */
  depth: Type.Integer({ minimum: 0 }),
  /** `user:<id>`, `anonymous` for somebody who is not logged in, `api` for the holder of a key. */
  actor: Type.Optional(Type.String()),
  /** The change was made without heed to the privacy rules of that user. */
  ignoresPrivacy: Type.Optional(Type.Boolean()),
});
export type Origin = Static<typeof OriginSchema>;

/**
 * Exactly once: the answer of a change is kept under this key in the same transaction as the change, and a repeat
 * of the request returns it. A run's key is `<runId>/<step>/<iteration>`. Absent: not protected (REST).
 */
const key = Type.Optional(Type.String());
const origin = Type.Optional(OriginSchema);
/** As whom. Absent: the platform itself, which no privacy rules bind. */
const as = Type.Optional(ActingUserSchema);

/**
 * Changes beside `fields`, each computed by the database from the value that it then has, so that none of many at the same time is
 * lost. List operations act on lists, and on `json` fields that hold a list or are empty. Adding what a list holds already changes nothing.
 */
export const FieldOperationsSchema = Type.Object({
  add: Type.Optional(fields),
  remove: Type.Optional(fields),
  addList: Type.Optional(Type.Record(Type.String(), Type.Array(Type.Unknown()))),
  removeList: Type.Optional(Type.Record(Type.String(), Type.Array(Type.Unknown()))),
  /** Fields to be emptied: a list to the empty list, anything else to null. */
  clear: Type.Optional(Type.Array(Type.String())),
  /** Numbers to be added; an empty field counts as 0. */
  increment: Type.Optional(Type.Record(Type.String(), Type.Number())),
});
export type FieldOperations = Static<typeof FieldOperationsSchema>;
const operations = FieldOperationsSchema.properties;

/** Which things: those with these ids, or those that `where` finds. Exactly one of the two. */
const which = { ids: Type.Optional(Type.Array(id)), where: Type.Optional(WhereSchema) };

const changes = [
  Type.Object({ action: Type.Literal('create'), type, fields, key, origin, as }),
  Type.Object({
    action: Type.Literal('change'),
    type,
    id,
    fields: Type.Optional(fields),
    ...operations,
    key,
    origin,
    as,
  }),
  Type.Object({ action: Type.Literal('delete'), type, id, key, origin, as }),
  /** All of them or, if one cannot be changed, none. */
  Type.Object({
    action: Type.Literal('changeList'),
    type,
    ...which,
    fields: Type.Optional(fields),
    ...operations,
    key,
    origin,
    as,
  }),
  Type.Object({ action: Type.Literal('deleteList'), type, ...which, key, origin, as }),
  /** New things with the fields of those found, except for what `fields` says otherwise. */
  Type.Object({ action: Type.Literal('copy'), type, ...which, fields: Type.Optional(fields), key, origin, as }),
];
const reads = [
  Type.Object({ action: Type.Literal('get'), type, id, as }),
  Type.Object({ action: Type.Literal('search'), type, search: SearchBodySchema, as }),
];

/** What the data service is asked. Reads answer from the newest committed state. */
export const DataRequestSchema = Type.Union([...changes, ...reads]);
type Change =
  | { action: 'create'; type: string; fields: Record<string, unknown> }
  | ({ action: 'change'; type: string; id: string; fields?: Record<string, unknown> } & FieldOperations)
  | { action: 'delete'; type: string; id: string }
  | ({
      action: 'changeList';
      type: string;
      ids?: string[];
      where?: Where;
      fields?: Record<string, unknown>;
    } & FieldOperations)
  | { action: 'deleteList'; type: string; ids?: string[]; where?: Where }
  | { action: 'copy'; type: string; ids?: string[]; where?: Where; fields?: Record<string, unknown> };
export type DataRequest = (
  | (Change & { key?: string; origin?: Origin })
  | { action: 'get'; type: string; id: string }
  | { action: 'search'; type: string; search: SearchBody }
) & { as?: ActingUser };

export interface SearchResult {
  items: Thing[];
  nextCursor: string | null;
  count?: number;
  aggregates?: Record<string, unknown>;
}

/** `changed`, `deleted`: how many things. `ids`: the new things', in the order of those that were copied. */
export type BulkResult = { changed: number } | { deleted: number } | { copied: number; ids: string[] };

/**
 * `create` and `change` answer with the thing as it is now, `delete` with the thing as it was, `get` with the thing;
 * each of them with null when there is none (never for `create`). `search` answers with a `SearchResult`, the actions on many things
 * with a `BulkResult`.
 */
export type DataAnswer = Thing | SearchResult | BulkResult | null;

/**
 * Opens a transaction. It lives in one replica of the data service, which answers requests to it on a subject of its own, one
 * after the other, and gives up on it, undoing everything, when it hears nothing for `TRANSACTION_IDLE_MS`.
 */
export const BeginTransactionSchema = Type.Object({ key: Type.String(), origin });
export type BeginTransaction = Static<typeof BeginTransactionSchema>;

/** `answers`: the transaction of this key has been committed before, and these were the answers of its requests, in their order. */
export type BegunTransaction = { transactionId: string } | { answers: DataAnswer[] };

/** What an open transaction is asked: a request without key and origin, or its end. A request that fails dooms the transaction. */
export type TransactionRequest = DataRequest | { action: 'commit' } | { action: 'rollback' };

export const TRANSACTION_IDLE_MS = 5_000;

/** Every reply over core NATS: the answer, or why not. */
export type Reply<T> = { answer: T } | { problem: Problem };
