import { durationMs } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkTarget, checkWorkflowName } from '../document/check-target.ts';
import { asDuration } from './duration-input.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, asList, nameOf } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleDurationSchema, FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

/**
 * Starts one independent run of a workflow for each item, and goes on. The result is `{ listId, total }`. The item is in scope as
 * `item`, and given as the parameter `as`. One item is a list of one; nothing is an empty list.
 *
 * ```yaml
 * - mailing:
 *     scheduleOnList: { workflow: send-offer, items: =found.items, as: user, concurrency: 10 }
 * - slowly:
 *     scheduleOnList: { workflow: remind, items: =found.items.id, interval: { seconds: 2 }, onComplete: report }
 * ```
 */
export const scheduleOnList = {
  schema: Type.Object(
    {
      workflow: Type.String(),
      items: orExpression(Type.Array(Type.Unknown())),
      as: Type.Optional(Type.String()),
      parameters: Type.Optional(FlexibleRecordSchema),
      interval: Type.Optional(orExpression(FlexibleDurationSchema)),
      concurrency: Type.Optional(orExpression(Type.Integer({ minimum: 1, maximum: 100_000 }))),
      onComplete: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place) => [...checkTarget(action, place), ...checkWorkflowName(action, 'onComplete', place)],
  resultShape: () => ({ description: 'a list', fields: { listId: undefined, total: undefined } }),
  prepare: (input) => {
    const { workflow, items, as, parameters = {}, interval, concurrency, onComplete } = asInput(input);
    if (!isObject(parameters)) return refuse(`parameters must be an object, but is ${describe(parameters)}`);
    const spacing = interval === undefined ? undefined : asDuration(interval);
    if (interval !== undefined && spacing === undefined)
      return refuse(`interval must be a duration, but is ${describe(interval)}`);
    if (concurrency !== undefined && !isConcurrency(concurrency))
      return refuse('concurrency must be a whole number from 1 to 100000');
    return {
      kind: 'startList',
      workflow: nameOf(workflow),
      items: asList(items),
      parameters,
      ...(as !== undefined && { as: nameOf(as) }),
      ...(spacing !== undefined && { intervalMs: durationMs(spacing) }),
      ...(concurrency !== undefined && { concurrency }),
      ...(onComplete !== undefined && { onComplete: nameOf(onComplete) }),
    };
  },
} as const satisfies StepKind;

const isConcurrency = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100_000;
