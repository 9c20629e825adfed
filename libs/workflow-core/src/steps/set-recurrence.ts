import { RECURRENCE_KEY_PATTERN, type Duration, type RecurrenceBody, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkTarget, checkWorkflowName } from '../document/check-target.ts';
import { checkOneOf } from '../document/check-which.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { checkRecurrence } from '../recurrence/check-recurrence.ts';
import { asInput, type Action, type Input, nameOf } from './action.ts';
import { asDateTime } from './date-time-input.ts';
import { asDuration } from './duration-input.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import type { Place, StepKind } from './step-kind.ts';
import { FlexibleDurationSchema, FlexibleRecordSchema, orExpression } from './text-or-expression.ts';
import { textInput } from './text-input.ts';

const keyPattern = new RegExp(RECURRENCE_KEY_PATTERN);
const keyRule = 'must be letters, digits, _ . : and -, at most 100';

/**
 * Starts a workflow again and again: `every` so long, or by `cron`, until another step says `none`. The key names the recurrence within
 * the workflow; the one that has it already is replaced. The result is `{ workflow, key, next }`, the next ten
 * moments.
 *
 * ```yaml
 * - daily:
 *     setRecurrence:
 *       workflow: send-digest
 *       key: =user.id
 *       cron: 0 8 * * *
 *       timeZone: =user.timeZone
 *       parameters: { user: =user.id }
 * - never: { setRecurrence: { workflow: send-digest, key: =user.id, none: true } }
 * ```
 */
export const setRecurrence = {
  schema: Type.Object(
    {
      workflow: Type.String(),
      key: Type.String(),
      every: Type.Optional(orExpression(FlexibleDurationSchema)),
      cron: Type.Optional(Type.String({ maxLength: 200 })),
      timeZone: Type.Optional(Type.String({ maxLength: 200 })),
      startAt: Type.Optional(Type.String()),
      parameters: Type.Optional(FlexibleRecordSchema),
      none: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place) => [
    ...(action['none'] === undefined ? checkTarget(action, place) : checkWorkflowName(action, 'workflow', place)),
    ...checkKey(action, place),
    ...checkOneOf(['every', 'cron', 'none'], action, place.pointer),
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
    const spec = none === true ? { spec: null } : specOf(input);
    if ('problem' in spec) return spec;
    return { kind: 'setRecurrence', workflow: nameOf(workflow), key, ...spec };
  },
} as const satisfies StepKind;

const checkKey = ({ key }: Action, { pointer }: Place): Violation[] =>
  typeof key !== 'string' || !isWrittenOut(key) || keyPattern.test(key)
    ? []
    : [{ pointer: appendPointer(pointer, 'key'), detail: keyRule }];

const checkSpec = (action: Action, { pointer }: Place): Violation[] => {
  const { none, every, cron, timeZone, startAt } = action;
  if (none !== undefined) {
    const others = ['timeZone', 'startAt', 'parameters'].filter((word) => action[word] !== undefined);
    return [
      ...(none === false ? [{ pointer: appendPointer(pointer, 'none'), detail: 'must be true, or be left out' }] : []),
      ...others.map((word) => ({ pointer: appendPointer(pointer, word), detail: 'has no meaning beside none' })),
    ];
  }
  // What only the run will know is taken as right.
  const body: RecurrenceBody = {
    ...(every !== undefined && { every: (isWrittenOut(every) ? asDuration(every) : undefined) ?? { days: 1 } }),
    ...(cron !== undefined && { cron: typeof cron === 'string' && isWrittenOut(cron) ? cron : '0 0 * * *' }),
    ...(typeof timeZone === 'string' && isWrittenOut(timeZone) && { timeZone }),
  };
  const isStartWrong = typeof startAt === 'string' && isWrittenOut(startAt) && asDateTime(startAt) === undefined;
  return [
    ...checkRecurrence(body)
      // How many ways there are has been counted, `none` included.
      .filter((violation) => violation.pointer !== '')
      .map((violation) => ({ ...violation, pointer: pointer + violation.pointer })),
    ...(isStartWrong
      ? [
          {
            pointer: appendPointer(pointer, 'startAt'),
            detail: 'must be a date with time and zone, as in 2026-01-31T09:00:00Z',
          },
        ]
      : []),
  ];
};

/** What is wrong with an input, by the pointer at it; the messages of `checkRecurrence` show the value. */
const wrong: Record<string, string> = {
  '': 'every or cron must be given, but the expression gave nothing',
  '/every': 'every must be at least one second',
  '/cron': 'cron must be a cron expression of five or six fields',
  '/timeZone': 'timeZone must be a time zone, as in Europe/Berlin',
};

const specOf = ({ every, cron, timeZone, startAt, parameters = {} }: Input): { spec: RecurrenceBody } | Refused => {
  if (!isObject(parameters)) return refuse(`parameters must be an object, but is ${describe(parameters)}`);
  const interval: Duration | undefined = every === undefined ? undefined : asDuration(every);
  if (every !== undefined && interval === undefined)
    return refuse(`every must be a duration, but is ${describe(every)}`);
  const schedule = textInput(cron, 'cron');
  if (typeof schedule === 'object') return schedule;
  const zone = textInput(timeZone, 'timeZone');
  if (typeof zone === 'object') return zone;
  const start = startAt === undefined || startAt === null ? undefined : asDateTime(startAt);
  if (startAt !== undefined && startAt !== null && start === undefined)
    return refuse(`startAt must be a date with time and zone, but is ${describe(startAt)}`);
  const spec: RecurrenceBody = {
    ...(interval !== undefined && { every: interval }),
    ...(schedule !== undefined && { cron: schedule }),
    ...(zone !== undefined && { timeZone: zone }),
    ...(start !== undefined && { startAt: start }),
    parameters,
  };
  const [violation] = checkRecurrence(spec);
  return violation ? refuse(wrong[violation.pointer] ?? 'the recurrence is not valid') : { spec };
};
