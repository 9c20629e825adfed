import { RECURRENCE_KEY_PATTERN, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkTarget, checkWorkflowName } from '../document/check-target.ts';
import { checkType } from '../document/check-type.ts';
import { checkOneOf } from '../document/check-which.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { type Action, asInput, nameOf } from './action.ts';
import { checkRecurrenceInput, recurrenceInput, recurrenceKeys } from './recurrence-input.ts';
import { describe, refuse } from './refusal.ts';
import type { Place, StepKind } from './step-kind.ts';

/** How a recurrence may say when. */
const ways = ['every', 'calendar', 'cron'];

const keyPattern = new RegExp(RECURRENCE_KEY_PATTERN);
const keyRule = 'must be letters, digits, _ . : and -, at most 100';

/**
 * Starts a workflow again and again: `every` so long, by a `calendar` or by `cron`, until another step says `none`. The key names the
 * recurrence within the workflow; the one that has it already is replaced. With a `thing` it ends when that thing is
 * deleted. All of it is as REST has it. The result is `{ workflow, key, next }`, the next ten moments.
 *
 * ```yaml
 * - daily:
 *     setRecurrence:
 *       workflow: send-digest
 *       key: =user.id
 *       calendar: { frequency: weekly, days: [monday, thursday], at: '08:00' }
 *       timeZone: =user.timeZone
 *       thing: { type: user, id: =user.id }
 *       parameters: { user: =user.id }
 * - never: { setRecurrence: { workflow: send-digest, key: =user.id, none: true } }
 * ```
 */
export const setRecurrence = {
  schema: Type.Object(
    {
      workflow: Type.String(),
      key: Type.String(),
      ...recurrenceKeys,
      none: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place) => [
    ...(action['none'] === undefined ? checkTarget(action, place) : checkWorkflowName(action, 'workflow', place)),
    ...checkKey(action, place),
    ...checkOneOf([...ways, 'none'], action, place.pointer),
    ...checkThing(action, place),
    ...checkSpec(action, place),
  ],
  resultShape: () => ({
    description: 'a recurrence',
    fields: { workflow: undefined, key: undefined, next: undefined },
  }),
  prepare: (given) => {
    const input = asInput(given);
    const { workflow, key, none } = input;
    if (typeof key !== 'string' || !keyPattern.test(key))
      return refuse(typeof key === 'string' ? `key ${keyRule}` : `key must be a text, but is ${describe(key)}`);
    const spec = none === true ? { spec: null } : recurrenceInput(input);
    if ('problem' in spec) return spec;
    return { kind: 'setRecurrence', workflow: nameOf(workflow), key, ...spec };
  },
} as const satisfies StepKind;

const checkKey = ({ key }: Action, { pointer }: Place): Violation[] =>
  typeof key !== 'string' || !isWrittenOut(key) || keyPattern.test(key)
    ? []
    : [{ pointer: appendPointer(pointer, 'key'), detail: keyRule }];

const checkThing = ({ thing }: Action, place: Place): Violation[] =>
  isObject(thing) ? checkType(thing as Action, { ...place, pointer: appendPointer(place.pointer, 'thing') }) : [];

const checkSpec = (action: Action, { pointer }: Place): Violation[] => {
  const { none } = action;
  if (none === undefined) return checkRecurrenceInput(action, pointer);
  const others = Object.keys(recurrenceKeys).filter((word) => !ways.includes(word) && action[word] !== undefined);
  return [
    ...(none === false ? [{ pointer: appendPointer(pointer, 'none'), detail: 'must be true, or be left out' }] : []),
    ...others.map((word) => ({ pointer: appendPointer(pointer, word), detail: 'has no meaning beside none' })),
  ];
};
