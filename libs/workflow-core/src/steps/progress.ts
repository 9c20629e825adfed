import type { Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { asInput } from './action.ts';
import { refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';
import { asText } from './text-input.ts';

const amount = Type.Optional(orExpression(Type.Number({ minimum: 0 })));

/**
 * Says how far the run is, for its progress document: `done` of `total`, and a message for people. What a step does not say stays as
 * another one said it. There is no result.
 *
 * ```yaml
 * - half: { progress: { done: =index, total: =$count(parameters.orders), message: Sending letters } }
 * ```
 */
export const progress = {
  schema: Type.Object(
    { done: amount, total: amount, message: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
  isRecorded: false,
  announcesStart: false,
  check: ({ done, total, message }, { pointer }): Violation[] => {
    if (done === undefined && total === undefined && message === undefined)
      return [{ pointer, detail: 'needs at least one of done, total, message' }];
    return typeof done === 'number' && typeof total === 'number' && done > total
      ? [{ pointer: appendPointer(pointer, 'done'), detail: 'must not be more than total' }]
      : [];
  },
  resultShape: () => undefined,
  prepare: (input) => {
    const { done = null, total = null, message = null } = asInput(input);
    for (const [name, value] of Object.entries({ done, total })) {
      if (value !== null && (typeof value !== 'number' || value < 0))
        return refuse(`${name} must be a number of at least 0`);
    }
    if (done === null && total === null && message === null)
      return refuse('done, total or message must be given, but the expressions gave nothing');
    return {
      kind: 'progress',
      ...(done !== null && { done: done as number }),
      ...(total !== null && { total: total as number }),
      ...(message !== null && { message: asText(message) }),
    };
  },
} as const satisfies StepKind;
