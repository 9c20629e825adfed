import { compileSchema, RecurrenceBodySchema, type RecurrenceBody, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { checkRecurrence } from '../recurrence/check-recurrence.ts';
import type { Action, Input } from './action.ts';
import { asDateTime } from './date-time-input.ts';
import { asDuration } from './duration-input.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { ExpressionSchema, FlexibleDurationSchema, FlexibleRecordSchema, orExpression } from './text-or-expression.ts';
import { textInput } from './text-input.ts';

const { misfire, overlap, version } = RecurrenceBodySchema.properties;

/** A recurrence as an action describes it: as REST takes it, with expressions. */
export const recurrenceKeys = {
  every: Type.Optional(orExpression(FlexibleDurationSchema)),
  calendar: Type.Optional(FlexibleRecordSchema),
  cron: Type.Optional(Type.String({ maxLength: 200 })),
  timeZone: Type.Optional(Type.String({ maxLength: 200 })),
  startAt: Type.Optional(Type.String()),
  endAt: Type.Optional(Type.String()),
  exclude: Type.Optional(orExpression(Type.Array(Type.Unknown(), { maxItems: 1000 }))),
  jitter: Type.Optional(orExpression(FlexibleDurationSchema)),
  misfire: Type.Optional(
    Type.Union([
      misfire.anyOf[0],
      Type.Object({ within: orExpression(FlexibleDurationSchema) }, { additionalProperties: false }),
      ExpressionSchema,
    ]),
  ),
  overlap: Type.Optional(orExpression(overlap)),
  version: Type.Optional(orExpression(version)),
  thing: Type.Optional(
    orExpression(Type.Object({ type: Type.String(), id: Type.String() }, { additionalProperties: false })),
  ),
  paused: Type.Optional(orExpression(Type.Boolean())),
  parameters: Type.Optional(FlexibleRecordSchema),
};

const checkSchema = compileSchema(RecurrenceBodySchema);
const words = Object.keys(recurrenceKeys).filter((word) => word !== 'parameters');

/** Everything that can be known to be wrong before the expressions have values. */
export const checkRecurrenceInput = (action: Action, pointer: string): Violation[] => {
  const wrongDates = ['startAt', 'endAt'].filter((word) => {
    const given = action[word];
    return typeof given === 'string' && isWrittenOut(given) && asDateTime(given) === undefined;
  });
  const dates = wrongDates.map((word) => ({
    pointer: appendPointer(pointer, word),
    detail: 'must be a date with time and zone, as in 2026-01-31T09:00:00Z',
  }));
  const known = words.filter((word) => {
    const given = action[word];
    return given !== undefined && isWrittenOut(given) && !wrongDates.includes(word);
  });
  const body = Object.fromEntries(known.map((word) => [word, asDateTime(action[word]) ?? action[word]]));
  const rules = violationsOf(body)
    // How many ways there are has been counted, `none` included.
    .filter((violation) => violation.pointer !== '')
    .map((violation) => ({ ...violation, pointer: pointer + violation.pointer }));
  return [...dates, ...rules];
};

const violationsOf = (body: unknown): Violation[] => {
  const checked = checkSchema(body);
  return checked.ok ? checkRecurrence(checked.value) : checked.violations;
};

/** What is wrong with an input, by its name; the messages of the checks show the value. */
const wrong: Record<string, string> = {
  '': 'every, calendar or cron must be given, and one of them only',
  every: 'every must be at least one second',
  calendar: 'calendar must be a frequency, its days, and at: the times of day',
  cron: 'cron must be a cron expression of five or six fields',
  timeZone: 'timeZone must be a time zone, as in Europe/Berlin',
  endAt: 'endAt must not be before startAt',
  exclude: 'exclude must be dates, or ranges of dates with from and to, as in 2026-12-24',
  jitter: 'jitter must be at most a day, and not longer than every',
  misfire: 'misfire must be one of skip, once, all, or within a duration',
  overlap: 'overlap must be one of skip, queue, parallel, cancelPrevious',
  version: 'version must be one of pinned, latest',
  thing: 'thing must be a type and an id',
  paused: 'paused must be true or false',
};

/** The recurrence that the evaluated action describes. Null is nothing: an empty field of a thing is null. */
export const recurrenceInput = (input: Input): { spec: RecurrenceBody } | Refused => {
  const { parameters = {} } = input;
  if (!isObject(parameters)) return refuse(`parameters must be an object, but is ${describe(parameters)}`);
  const spec: Record<string, unknown> = {};
  for (const word of words) {
    const given = input[word];
    if (given === undefined || given === null) continue;
    const value = read[word]?.(given, word) ?? given;
    if (isRefused(value)) return value;
    spec[word] = value;
  }
  const [violation] = violationsOf({ ...spec, parameters });
  if (violation) return refuse(wrong[violation.pointer.split('/')[1] ?? ''] ?? 'the recurrence is not valid');
  return { spec: { ...(spec as RecurrenceBody), parameters } };
};

const isRefused = (value: unknown): value is Refused => isObject(value) && value['kind'] === 'refused';

const duration = (given: unknown, word: string): unknown =>
  asDuration(given) ?? refuse(`${word} must be a duration, but is ${describe(given)}`);
const moment = (given: unknown, word: string): unknown =>
  asDateTime(given) ?? refuse(`${word} must be a date with time and zone, but is ${describe(given)}`);

/** How a value is read that is not simply one of those that its schema allows. */
const read: Record<string, (given: unknown, word: string) => unknown> = {
  every: duration,
  jitter: duration,
  cron: textInput,
  timeZone: textInput,
  startAt: moment,
  endAt: moment,
};
