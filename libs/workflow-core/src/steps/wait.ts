import { durationMs, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { isExpressionText } from '../expressions/template.ts';
import { asDateTime } from './date-time-input.ts';
import { asDuration } from './duration-input.ts';
import { isObject } from '../document/json-object.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleDurationSchema, orExpression } from './text-or-expression.ts';

/**
 * Waits, for a length of time or until a date; a date that has passed is no wait. The run occupies nothing meanwhile. There is no result.
 *
 * ```yaml
 * - pause: { wait: { minutes: 30 } }
 * - night: { wait: { until: =order.dueAt } }
 * - short: { wait: PT10S }
 * - asked: { wait: { days: =parameters.days } }
 * ```
 */
export const wait = {
  schema: orExpression(
    Type.Union([FlexibleDurationSchema, Type.Object({ until: Type.String() }, { additionalProperties: false })]),
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place): Violation[] => {
    const until: unknown = isObject(action) ? action['until'] : undefined;
    if (until === undefined || isExpressionText(until) || asDateTime(until) !== undefined) return [];
    return [
      {
        pointer: appendPointer(place.pointer, 'until'),
        detail: 'must be a date with time and zone, as in 2026-01-31T09:00:00Z',
      },
    ];
  },
  resultShape: () => undefined,
  prepare: (input) => {
    if (isObject(input) && 'until' in input) {
      const until = asDateTime(input['until']);
      return until === undefined
        ? refuse(`until must be a date with time and zone, but is ${describe(input['until'])}`)
        : { kind: 'wait', until };
    }
    const moment = asDateTime(input);
    if (moment !== undefined) return { kind: 'wait', until: moment };
    const duration = asDuration(input);
    return duration === undefined
      ? refuse(`wait must be a duration or a date with time and zone, but is ${describe(input)}`)
      : { kind: 'wait', durationMs: durationMs(duration) };
  },
} as const satisfies StepKind;
