import { Type } from 'typebox';
import { checkFields } from '../document/check-fields.ts';
import { checkType } from '../document/check-type.ts';
import { thingShape } from '../document/shape.ts';
import { isObject } from '../document/json-object.ts';
import { asInput } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';
import { thingId } from './thing-id.ts';

/**
 * Changes fields of a thing. The result is the thing as it is then, or null if there is none. A field whose expression gives
 * nothing stays as it is; null empties it.
 *
 * ```yaml
 * - mark:
 *     change:
 *       type: user
 *       id: =user.id
 *       fields: { welcomedAt: =$now() }
 * ```
 */
export const change = {
  schema: Type.Object(
    { type: Type.String(), id: Type.String(), fields: orExpression(Type.Record(Type.String(), Type.Unknown())) },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  check: (action, place) => [...checkType(action, place), ...checkFields(action, place, 'change')],
  resultShape: (action, types) => thingShape(types.get(String(action['type']))),
  prepare: (input) => {
    const { type, id, fields } = asInput(input);
    const thing = thingId(id);
    if (typeof thing !== 'string') return thing;
    if (!isObject(fields)) return refuse(`fields must be an object, but is ${describe(fields)}`);
    return { kind: 'data', request: { action: 'change', type: String(type), id: thing, fields } };
  },
} as const satisfies StepKind;
