import { Type, type Static } from 'typebox';
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

/** Body of `POST /v1/things/{type}/search`. */
export const SearchBodySchema = Type.Object(
  {
    where: Type.Optional(WhereSchema),
    sort: Type.Optional(SortSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX })),
    cursor: Type.Optional(Type.String()),
    count: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type SearchBody = Static<typeof SearchBodySchema>;

/**
 * What carries a change's cause through the database: written to the log in the same transaction as the change
 * (`pg_logical_emit_message`), read back by change capture.
 */
export const OriginSchema = Type.Object({
  runId: Type.Optional(Type.String()),
  /** The depth of runs that the change starts: one more than that of the run that made it, 0 if none did. */
  depth: Type.Integer({ minimum: 0 }),
  actor: Type.Optional(Type.String()),
});
export type Origin = Static<typeof OriginSchema>;

/**
 * Exactly once: the answer of a change is kept under this key in the same transaction as the change, and a repeat
 * of the request returns it. A run's key is `<runId>/<step>/<iteration>`. Absent: not protected (REST).
 */
const key = Type.Optional(Type.String());
const origin = Type.Optional(OriginSchema);

/** What the data service is asked. Reads answer from the newest committed state. */
export const DataRequestSchema = Type.Union([
  Type.Object({ action: Type.Literal('create'), type, fields, key, origin }),
  Type.Object({ action: Type.Literal('change'), type, id, fields, key, origin }),
  Type.Object({ action: Type.Literal('delete'), type, id, key, origin }),
  Type.Object({ action: Type.Literal('get'), type, id }),
  Type.Object({ action: Type.Literal('search'), type, search: SearchBodySchema }),
]);
export type DataRequest = Static<typeof DataRequestSchema>;

export interface SearchResult {
  items: Thing[];
  nextCursor: string | null;
  count?: number;
}

/**
 * `create` and `change` answer with the thing as it is now, `delete` with the thing as it was, `get` with the thing;
 * each of them with null when there is none (never for `create`). `search` answers with a `SearchResult`.
 */
export type DataAnswer = Thing | SearchResult | null;

/** Every reply over core NATS: the answer, or why not. */
export type Reply<T> = { answer: T } | { problem: Problem };
