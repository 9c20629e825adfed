import { Type } from 'typebox';
import { checkType } from '../document/check-type.ts';
import { thingShape } from '../document/shape.ts';
import { asInput, nameOf } from './action.ts';
import type { StepKind } from './step-kind.ts';
import { thingId } from './thing-id.ts';

/**
 * Reads a thing. The result is the thing, or null if there is none; with `strict`, that is a failure.
 *
 * ```yaml
 * - user:
 *     get:
 *       type: user
 *       id: =trigger.now.id
 * ```
 */
export const get = {
  schema: Type.Object(
    { type: Type.String(), id: Type.String(), strict: Type.Optional(Type.Boolean()) },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  check: checkType,
  resultShape: (action, types) => thingShape(types.get(nameOf(action['type']))),
  prepare: (input) => {
    const { type, id, strict } = asInput(input);
    const thing = thingId(id);
    if (typeof thing !== 'string') return thing;
    return {
      kind: 'data',
      request: { action: 'get', type: nameOf(type), id: thing },
      ...(strict === true && { isStrict: true }),
    };
  },
} as const satisfies StepKind;
