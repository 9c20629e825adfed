import { Type } from 'typebox';
import { checkType } from '../document/check-type.ts';
import { thingShape } from '../document/shape.ts';
import { asInput } from './action.ts';
import type { StepKind } from './step-kind.ts';
import { thingId } from './thing-id.ts';

/**
 * Deletes a thing. The result is the thing as it was, or null if there was none.
 *
 * ```yaml
 * - gone:
 *     delete:
 *       type: order
 *       id: =trigger.now.id
 * ```
 */
export const deleteStep = {
  schema: Type.Object({ type: Type.String(), id: Type.String() }, { additionalProperties: false }),
  isRecorded: true,
  announcesStart: false,
  check: checkType,
  resultShape: (action, types) => thingShape(types.get(String(action['type']))),
  prepare: (input) => {
    const { type, id } = asInput(input);
    const thing = thingId(id);
    if (typeof thing !== 'string') return thing;
    return { kind: 'data', request: { action: 'delete', type: String(type), id: thing } };
  },
} as const satisfies StepKind;
