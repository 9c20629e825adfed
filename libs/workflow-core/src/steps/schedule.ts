import { compileSchema, durationMs, ScheduleKeySchema, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkTarget } from '../document/check-target.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isExpressionText } from '../expressions/template.ts';
import { asDateTime } from './date-time-input.ts';
import { asDuration } from './duration-input.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, nameOf } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleDurationSchema, FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

/**
 * Starts a run of a workflow, now or later, and goes on. The result is `{ scheduleId, runId, dueAt }`. The run keeps the
 * workflow's version of this moment, unless `version` is `latest`. With a `key`, a run of the same workflow and key that waits for its time
 * is moved and changed instead, and keeps its id; the result says `replaced`. The run acts as the same user as this one; with
 * `ignorePrivacy: true` it is not bound by his privacy rules.
 *
 * ```yaml
 * - reminder:
 *     schedule:
 *       workflow: remind
 *       in: { days: 3 }
 *       parameters: { order: =order.id }
 * ```
 */
export const schedule = {
  schema: Type.Object(
    {
      workflow: Type.String(),
      in: Type.Optional(orExpression(FlexibleDurationSchema)),
      at: Type.Optional(Type.String()),
      parameters: Type.Optional(FlexibleRecordSchema),
      version: Type.Optional(Type.Enum(['pinned', 'latest'])),
      key: Type.Optional(Type.String()),
      ignorePrivacy: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place) => [...checkTarget(action, place), ...checkTime(action, place.pointer)],
  resultShape: () => ({
    description: 'a schedule',
    fields: { scheduleId: undefined, runId: undefined, dueAt: undefined, replaced: undefined },
  }),
  prepare: (input) => {
    const { workflow, in: delay, at, parameters = {}, version, key, ignorePrivacy } = asInput(input);
    if (!isObject(parameters)) return refuse(`parameters must be an object, but is ${describe(parameters)}`);
    const dueAt = at === undefined ? undefined : asDateTime(at);
    if (at !== undefined && dueAt === undefined)
      return refuse(`at must be a date with time and zone, but is ${describe(at)}`);
    const duration = delay === undefined ? undefined : asDuration(delay);
    if (delay !== undefined && duration === undefined)
      return refuse(`in must be a duration, but is ${describe(delay)}`);
    if (key !== undefined && !isScheduleKey(key))
      return refuse(`key must be a text of 1 to 200 characters, but is ${describe(key)}`);
    return {
      kind: 'start',
      workflow: nameOf(workflow),
      parameters,
      ...(dueAt !== undefined && { dueAt }),
      ...(duration !== undefined && { delayMs: durationMs(duration) }),
      version: version === 'latest' ? 'latest' : 'pinned',
      ...(key !== undefined && { key }),
      ...(ignorePrivacy === true && { ignorePrivacy }),
    };
  },
} as const satisfies StepKind;

const checkKey = compileSchema(ScheduleKeySchema);
const isScheduleKey = (key: unknown): key is string => checkKey(key).ok;

const checkTime = (action: { readonly [key: string]: unknown }, pointer: string): Violation[] => {
  const { in: delay, at } = action;
  if (delay !== undefined && at !== undefined) return [{ pointer, detail: 'may have `in` or `at`, not both' }];
  if (at === undefined || isExpressionText(at) || asDateTime(at) !== undefined) return [];
  return [
    { pointer: appendPointer(pointer, 'at'), detail: 'must be a date with time and zone, as in 2026-01-31T09:00:00Z' },
  ];
};
