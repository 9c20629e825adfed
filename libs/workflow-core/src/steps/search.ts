import { SEARCH_LIMIT_MAX, SortSchema, WhereSchema, type SearchBody } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkAggregates } from '../document/check-aggregates.ts';
import { checkSort } from '../document/check-sort.ts';
import { checkType } from '../document/check-type.ts';
import { checkWhere } from '../document/check-where.ts';
import { isObject } from '../document/json-object.ts';
import { thingShape } from '../document/shape.ts';
import { asInput, asList, nameOf } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';
import { whereInput } from './where-input.ts';

/** One of them; an object with all, so that a wrong word is named with the right one. */
const AggregateSchema = Type.Object(
  {
    count: Type.Optional(Type.Boolean()),
    sum: Type.Optional(Type.String()),
    average: Type.Optional(Type.String()),
    min: Type.Optional(Type.String()),
    max: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/**
 * Finds things. The result is `{ items, nextCursor }`; `items` is always a list. Without `limit` it holds at most 100, and `nextCursor`
 * says whether there are more: given as `cursor`, it leads to the next page. With `count` the result has `count`, how many there are altogether; with `aggregates` it has
 * `aggregates`, computed over all of them. `search` finds words in all text fields together, and `-relevance` sorts by how well. With `strict`, finding nothing is a failure. An expression in `where` that gives nothing asks for
 * things whose field is empty: it does not make the search wider.
 *
 * ```yaml
 * - overdue:
 *     search:
 *       type: order
 *       where: { status: open, dueAt: { lt: =$now() } }
 *       sort: [-total]
 *       aggregates: { owed: { sum: total } }
 * ```
 */
export const search = {
  schema: Type.Object(
    {
      type: Type.String(),
      where: Type.Optional(orExpression(WhereSchema)),
      search: Type.Optional(Type.String()),
      sort: Type.Optional(orExpression(SortSchema)),
      limit: Type.Optional(orExpression(Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX }))),
      cursor: Type.Optional(Type.String()),
      count: Type.Optional(Type.Boolean()),
      aggregates: Type.Optional(Type.Record(Type.String(), AggregateSchema)),
      strict: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  nullIn: ['where', 'search'],
  check: (action, place) => [
    ...checkType(action, place),
    ...checkWhere(action['where'], action, place),
    ...checkSort(action, place),
    ...checkAggregates(action, place),
  ],
  resultShape: ({ type, count, aggregates }, types) => ({
    description: 'the result of a search',
    fields: {
      items: thingShape(types.get(nameOf(type))),
      nextCursor: undefined,
      ...(count === true && { count: undefined }),
      ...(isObject(aggregates) && {
        aggregates: {
          description: 'aggregates',
          fields: Object.fromEntries(Object.keys(aggregates).map((name) => [name, undefined])),
        },
      }),
    },
  }),
  prepare: (input) => {
    const { type, where, search: words, sort, limit = 100, cursor, count, aggregates, strict } = asInput(input);
    const condition = where === undefined ? undefined : whereInput(where);
    if (condition && 'problem' in condition) return condition;
    if (words !== undefined && typeof words !== 'string')
      return refuse(`search must be a text, but is ${describe(words)}`);
    const sortKeys = sort === undefined ? undefined : asList(sort);
    if (sortKeys && !sortKeys.every((key) => typeof key === 'string'))
      return refuse('sort must be a list of field names');
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > SEARCH_LIMIT_MAX)
      return refuse(`limit must be a whole number from 1 to ${SEARCH_LIMIT_MAX}`);
    if (cursor !== undefined && cursor !== null && typeof cursor !== 'string')
      return refuse(`cursor must be a text, but is ${describe(cursor)}`);
    return {
      kind: 'data',
      request: {
        action: 'search',
        type: nameOf(type),
        search: {
          ...condition,
          ...(words !== undefined && { search: words }),
          ...(sortKeys && { sort: sortKeys as string[] }),
          limit,
          ...(typeof cursor === 'string' && { cursor }),
          ...(count === true && { count }),
          // The document was checked to hold right ones, and no expressions.
          ...(aggregates !== undefined && { aggregates: aggregates as SearchBody['aggregates'] }),
        },
      },
      ...(strict === true && { isStrict: true }),
    };
  },
} as const satisfies StepKind;
