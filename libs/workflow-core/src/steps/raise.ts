import { failures, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { asInput } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';
import { asText } from './text-input.ts';

const type = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const typeRule = 'must be a code like order.too_large: what it is about, a dot, and what is wrong';
const defaults = failures['step.raised'];

/**
 * Fails with an error of the workflow's own, which a `catch` around it can take by its `type`. The run's caller gets it as problem details
 * with the HTTP `status`, 422 if absent.
 *
 * ```yaml
 * - stop:
 *     if: order.total > 10000
 *     raise: { type: order.too_large, title: The order is too large, detail: ='It is over ' & order.total }
 * ```
 */
export const raise = {
  schema: Type.Object(
    {
      type: Type.String({ maxLength: 200 }),
      status: Type.Optional(orExpression(Type.Integer({ minimum: 400, maximum: 599 }))),
      title: Type.Optional(Type.String()),
      detail: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  isRecorded: false,
  announcesStart: false,
  isTransactional: true,
  check: (action, { pointer }): Violation[] => {
    const code = action['type'];
    return typeof code !== 'string' || !isWrittenOut(code) || type.test(code)
      ? []
      : [{ pointer: appendPointer(pointer, 'type'), detail: typeRule }];
  },
  resultShape: () => undefined,
  prepare: (input) => {
    const { type: code, status = defaults.status, title, detail } = asInput(input);
    if (typeof code !== 'string') return refuse(`type must be a text, but is ${describe(code)}`);
    if (!type.test(code)) return refuse(`type ${typeRule}`);
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599)
      return refuse('status must be a whole number from 400 to 599');
    const text = asText(detail ?? '');
    return {
      kind: 'raise',
      problem: {
        type: code,
        title: asText(title ?? defaults.title),
        status,
        code,
        ...(text !== '' && { detail: text }),
      },
    };
  },
} as const satisfies StepKind;
