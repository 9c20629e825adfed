import { Type } from 'typebox';
import { checkTarget } from '../document/check-target.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, asList, nameOf } from './action.ts';
import { checkListInput, listInput, listKeys } from './list-input.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

/**
 * Starts one independent run of a workflow for each item, and goes on. The result is `{ listId, total }`. The item is in scope as
 * `item`, and given as the parameter `as`. One item is a list of one; nothing is an empty list. How the items are started is as REST has it;
 * `key` is an expression over `item`, `index` and `parameters`, written without `=`.
 *
 * ```yaml
 * - mailing:
 *     scheduleOnList: { workflow: send-offer, items: =found.items, as: user, concurrency: 10, failurePolicy: { stopAbovePercent: 5 } }
 * - slowly:
 *     scheduleOnList: { workflow: remind, items: =found.items.id, interval: { seconds: 2 }, onComplete: report }
 * - inOrder:
 *     scheduleOnList: { workflow: book, items: =found.items, as: entry, order: byKey, key: item.account, onItemFailed: complain }
 * ```
 */
export const scheduleOnList = {
  schema: Type.Object(
    {
      workflow: Type.String(),
      items: orExpression(Type.Array(Type.Unknown())),
      as: Type.Optional(Type.String()),
      parameters: Type.Optional(FlexibleRecordSchema),
      ...listKeys,
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place) => [...checkTarget(action, place), ...checkListInput(action, place)],
  resultShape: () => ({ description: 'a list', fields: { listId: undefined, total: undefined } }),
  prepare: (given) => {
    const input = asInput(given);
    const { workflow, items, as, parameters = {} } = input;
    if (!isObject(parameters)) return refuse(`parameters must be an object, but is ${describe(parameters)}`);
    const settings = listInput(input);
    if ('problem' in settings) return settings;
    return {
      kind: 'startList',
      workflow: nameOf(workflow),
      items: asList(items),
      parameters,
      ...(as !== undefined && { as: nameOf(as) }),
      ...settings,
    };
  },
} as const satisfies StepKind;
