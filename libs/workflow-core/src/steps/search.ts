import { SEARCH_LIMIT_MAX, SortSchema, WhereSchema } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkSort } from '../document/check-sort.ts';
import { checkType } from '../document/check-type.ts';
import { checkWhere } from '../document/check-where.ts';
import { thingShape } from '../document/shape.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, asList } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';

/**
 * Finds things. The result is `{ items, nextCursor }`; `items` is always a list. Without `limit` it holds at most 100, and `nextCursor`
 * says whether there are more. An expression in `where` that gives nothing asks for things whose field is empty: it does not make
 * the search wider.
 *
 * ```yaml
 * - overdue:
 *     search:
 *       type: order
 *       where: { status: open, dueAt: { lt: =$now() } }
 *       sort: [-total]
 * ```
 */
export const search = {
  schema: Type.Object(
    {
      type: Type.String(),
      where: Type.Optional(orExpression(WhereSchema)),
      sort: Type.Optional(orExpression(SortSchema)),
      limit: Type.Optional(orExpression(Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX }))),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  nullIn: 'where',
  check: (action, place) => [
    ...checkType(action, place),
    ...checkWhere(action['where'], action, place),
    ...checkSort(action, place),
  ],
  resultShape: (action, types) => ({
    description: 'the result of a search',
    fields: { items: thingShape(types.get(String(action['type']))), nextCursor: undefined, count: undefined },
  }),
  prepare: (input) => {
    const { type, where, sort, limit = 100 } = asInput(input);
    if (where !== undefined && !isObject(where)) return refuse(`where must be an object, but is ${describe(where)}`);
    const sortKeys = sort === undefined ? undefined : asList(sort);
    if (sortKeys && !sortKeys.every((key) => typeof key === 'string'))
      return refuse('sort must be a list of field names');
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > SEARCH_LIMIT_MAX)
      return refuse(`limit must be a whole number from 1 to ${SEARCH_LIMIT_MAX}`);
    return {
      kind: 'data',
      request: {
        action: 'search',
        type: String(type),
        search: { ...(where && { where: withLists(where) }), ...(sortKeys && { sort: sortKeys as string[] }), limit },
      },
    };
  },
} as const satisfies StepKind;

/** The operands of `in`, `and` and `or` as lists, however many things their expressions gave. */
const withLists = (where: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(where).map(([key, value]) => {
      if (key === 'and' || key === 'or')
        return [key, asList(value).map((part) => (isObject(part) ? withLists(part) : part))];
      if (key === 'not') return [key, isObject(value) ? withLists(value) : value];
      return [key, isObject(value) && 'in' in value ? { ...value, in: asList(value['in']) } : value];
    }),
  );
