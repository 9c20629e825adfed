import { Type } from 'typebox';
import { returnsShape } from '../document/check-returns.ts';
import { checkTarget } from '../document/check-target.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, nameOf } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleRecordSchema } from './text-or-expression.ts';

/**
 * Runs another workflow and waits for it. The result is what it returns; its failure is the step's. The run acts as the same user as this
 * one; with `ignorePrivacy: true` it is not bound by his privacy rules.
 *
 * ```yaml
 * - price:
 *     call:
 *       workflow: compute-price
 *       parameters: { order: =order.id }
 * ```
 */
export const call = {
  schema: Type.Object(
    {
      workflow: Type.String(),
      parameters: Type.Optional(FlexibleRecordSchema),
      ignorePrivacy: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: checkTarget,
  resultShape: ({ workflow }, _types, workflows) =>
    returnsShape(nameOf(workflow), workflows.get(nameOf(workflow))?.returns),
  prepare: (input) => {
    const { workflow, parameters = {}, ignorePrivacy } = asInput(input);
    if (!isObject(parameters)) return refuse(`parameters must be an object, but is ${describe(parameters)}`);
    return {
      kind: 'call',
      workflow: nameOf(workflow),
      parameters,
      ...(ignorePrivacy === true && { ignorePrivacy }),
    };
  },
} as const satisfies StepKind;
