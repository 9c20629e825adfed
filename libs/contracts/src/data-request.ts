import { Type, type Static } from 'typebox';
import { IdentifierSchema } from './names.ts';
import { ActingUserSchema, type ActingUser } from './privacy.ts';
import type { Problem } from './problem.ts';
import type { Thing } from './type-definition.ts';

const type = Type.String();
const id = Type.String();
const fields = Type.Record(Type.String(), Type.Unknown());

/**
 * Operators of one field's condition. A bare value means `eq`. All that are given must hold. What is `Unknown` here depends on the field,
 * and is checked by the data service, which knows it.
 */
export const ConditionSchema = Type.Object(
  {
    eq: Type.Optional(Type.Unknown()),
    ne: Type.Optional(Type.Unknown()),
    in: Type.Optional(Type.Array(Type.Unknown())),
    notIn: Type.Optional(Type.Array(Type.Unknown())),
    gt: Type.Optional(Type.Unknown()),
    gte: Type.Optional(Type.Unknown()),
    lt: Type.Optional(Type.Unknown()),
    lte: Type.Optional(Type.Unknown()),
    contains: Type.Optional(Type.String()),
    startsWith: Type.Optional(Type.String()),
    endsWith: Type.Optional(Type.String()),
    /** Full text: `words and "phrases" -not`. */
    matches: Type.Optional(Type.String()),
    /** Of `eq`, `ne`, `in`, `notIn`, `contains`, `startsWith` and `endsWith` beside it. */
    ignoreCase: Type.Optional(Type.Boolean()),
    empty: Type.Optional(Type.Boolean()),
    /** The thing that a reference refers to, as a where of its type. */
    is: Type.Optional(Type.Unknown()),
    /** At least one, every, not one element of a list: a condition as for a field that holds one. */
    any: Type.Optional(Type.Unknown()),
    all: Type.Optional(Type.Unknown()),
    none: Type.Optional(Type.Unknown()),
    /** A list holds the value; all the values. */
    has: Type.Optional(Type.Unknown()),
    hasAll: Type.Optional(Type.Array(Type.Unknown())),
    /** How many elements a list has: a number, or a condition on it. */
    length: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type Condition = Static<typeof ConditionSchema>;

/**
 * `{ plan: 'pro', age: { gte: 18 }, or: [{…}, {…}], not: {…} }`. The keys `and`, `or` and `not` combine; every other key is a
 * field, or `type.field` for the things that refer to this one by that field. Checked against the type by the data service, which
 * knows the fields.
 */
export const WhereSchema = Type.Record(Type.String(), Type.Unknown());
export type Where = Static<typeof WhereSchema>;

/** A where that nests deeper is no question of a person. Conditions within references and lists count too. */
export const WHERE_MOST_DEPTH = 20;

/**
 * One sort key: a field, or one beyond references (`project.owner.name`), or `relevance` where the search has `search`; with `-` before it
 * for descending.
 */
export const SortSchema = Type.Array(Type.String(), { maxItems: 8 });

/** The most things one page of a search may hold. */
export const SEARCH_LIMIT_MAX = 1000;

/** `{ sum: 'total' }`, `{ max: 'project.budget' }`; `{ count: true }` counts the things found. The others ignore things whose field is empty. */
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
    /** Full text over all text fields together: `words and "phrases" -not`. */
    search: Type.Optional(Type.String()),
    sort: Type.Optional(SortSchema),
    /** The most things of a page. It holds fewer, and has a `nextCursor`, where more would not fit into a message. */
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX })),
    cursor: Type.Optional(Type.String()),
    count: Type.Optional(Type.Boolean()),
    /** Computed over everything that `where` finds, not over the page. */
    aggregates: Type.Optional(Type.Record(IdentifierSchema, AggregateSchema, { additionalProperties: false })),
    /** Less than the data service allows every statement. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Finds nothing, and says how it would be found. */
    explain: Type.Optional(Type.Boolean()),
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
  /** Leads to the rest; null when there is none. */
  nextCursor: string | null;
  count?: number;
  aggregates?: Record<string, unknown>;
}

/** How Postgres would read the things of one type for a search. */
export interface ReadExplanation {
  type: string;
  /** `index`: by an index on the fields; `sequential`: every thing, one after the other. */
  by: 'index' | 'sequential';
  index?: string;
  /** What the index is on. */
  fields?: string[];
  /** About how many things there are to be read through, where they all are. */
  things?: number;
}

/** The plan of a search in words. It holds no value of any thing or condition. */
export interface SearchExplanation {
  summary: string;
  reads: ReadExplanation[];
  /** Whether everything that is found must be sorted before the first page is known. */
  isSorted: boolean;
  /** Declarations, or SQL for the owner of the database, that would make it faster. */
  advice: string[];
}

/** Answer to a search with `explain`. */
export interface ExplainedSearch {
  explanation: SearchExplanation;
}

/** `changed`, `deleted`: how many things. `ids`: the new things', in the order of those that were copied. */
export type BulkResult = { changed: number } | { deleted: number } | { copied: number; ids: string[] };

/**
 * `create` and `change` answer with the thing as it is now, `delete` with the thing as it was, `get` with the thing;
 * each of them with null when there is none (never for `create`). `search` answers with a `SearchResult` (or an `ExplainedSearch`), the actions on many things
 * with a `BulkResult`.
 */
export type DataAnswer = Thing | SearchResult | ExplainedSearch | BulkResult | null;

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
