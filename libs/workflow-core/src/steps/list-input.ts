import {
  checkListSettings,
  compileSchema,
  listOrders,
  listPace,
  ListSettingsSchema,
  stopAbovePercent,
  type ListSettings,
  type Violation,
} from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkWorkflowName } from '../document/check-target.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { compileItemKey } from '../lists/item-key.ts';
import type { Action, Input } from './action.ts';
import type { StartListRequest } from './effect.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import type { Place } from './step-kind.ts';
import { FlexibleDurationSchema, orExpression } from './text-or-expression.ts';

const closed = { additionalProperties: false };
const percent = Type.Number({ minimum: 0, maximum: 100 });
const count = Type.Integer({ minimum: 1 });

/** How a list's items are started, as an action describes it: as REST takes it, with expressions. */
export const listKeys = {
  order: Type.Optional(orExpression(Type.Enum([...listOrders]))),
  key: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })),
  interval: Type.Optional(orExpression(FlexibleDurationSchema)),
  gap: Type.Optional(orExpression(FlexibleDurationSchema)),
  rate: Type.Optional(
    orExpression(Type.Object({ limit: orExpression(count), per: orExpression(FlexibleDurationSchema) }, closed)),
  ),
  concurrency: Type.Optional(orExpression(Type.Integer({ minimum: 1, maximum: 100_000 }))),
  failurePolicy: Type.Optional(
    Type.Union([
      Type.Enum(['continue', 'stop']),
      Type.Object({ stopAbovePercent: orExpression(percent) }, closed),
      Type.String({ pattern: '^=' }),
    ]),
  ),
  onComplete: Type.Optional(Type.String()),
  onItemFailed: Type.Optional(Type.String()),
  onProgress: Type.Optional(
    Type.Object(
      {
        workflow: Type.String(),
        everyItems: Type.Optional(orExpression(count)),
        everyPercent: Type.Optional(orExpression(Type.Number({ exclusiveMinimum: 0, maximum: 100 }))),
      },
      closed,
    ),
  ),
};

/** What of the settings can be wrong before expressions have given their values. */
export const checkListInput = (action: Action, place: Place): Violation[] => {
  const { onProgress, key } = action;
  return [
    ...checkWorkflowName(action, 'onComplete', place),
    ...checkWorkflowName(action, 'onItemFailed', place),
    ...(isObject(onProgress)
      ? checkWorkflowName(onProgress as Action, 'workflow', {
          ...place,
          pointer: appendPointer(place.pointer, 'onProgress'),
        })
      : []),
    ...(typeof key === 'string' ? checkKey(key, appendPointer(place.pointer, 'key')) : []),
    ...checkListSettings(action as Partial<ListSettings>, { isWrittenOut: false }).map((violation) => ({
      ...violation,
      pointer: place.pointer + violation.pointer,
    })),
  ];
};

const checkKey = (key: string, pointer: string): Violation[] => {
  if (key.startsWith('=') && !key.startsWith('=='))
    return [{ pointer, detail: 'is an expression over the item already: write it without =' }];
  const compiled = compileItemKey(key, pointer);
  return 'violations' in compiled ? compiled.violations : [];
};

const checkSettings = compileSchema(ListSettingsSchema);

/** The settings as expressions gave them. */
export const listInput = (input: Input): Omit<StartListRequest, 'workflow' | 'items' | 'parameters'> | Refused => {
  const given = Object.fromEntries(
    Object.keys(listKeys).flatMap((word) => (input[word] === undefined ? [] : [[word, input[word]]])),
  );
  const problem = firstProblem(given);
  if (problem) return problem;
  const settings = given as ListSettings;
  const { intervalMs, gapMs, rate } = listPace(settings);
  const stopAbove = stopAbovePercent(settings.failurePolicy);
  const { order, key, concurrency, onComplete, onItemFailed, onProgress } = settings;
  return {
    ...(order !== undefined && { order }),
    ...(key !== undefined && { key }),
    ...(intervalMs !== null && { intervalMs }),
    ...(gapMs !== null && { gapMs }),
    ...(rate !== null && { rate }),
    ...(concurrency !== undefined && { concurrency }),
    ...(stopAbove !== null && { stopAbovePercent: stopAbove }),
    ...(onComplete !== undefined && { onComplete }),
    ...(onItemFailed !== undefined && { onItemFailed }),
    ...(onProgress !== undefined && { onProgress }),
  };
};

const firstProblem = (given: Record<string, unknown>): Refused | undefined => {
  const checked = checkSettings(given);
  const violations = checked.ok ? checkListSettings(checked.value) : checked.violations;
  const first = violations[0];
  if (!first) return undefined;
  const word = first.pointer.split('/')[1];
  if (word === undefined || word === '') return refuse(`scheduleOnList ${first.detail}`);
  return refuse(wordProblem(word, given[word], first.detail));
};

const durations = new Set(['interval', 'gap']);

const wordProblem = (word: string, value: unknown, detail: string): string => {
  if (durations.has(word)) return `${word} must be a duration, but is ${describe(value)}`;
  if (word === 'concurrency' && !(typeof value === 'number' && Number.isInteger(value) && value > 1))
    return 'concurrency must be a whole number from 1 to 100000';
  return `${word} ${detail}`;
};
