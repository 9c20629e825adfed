import { Type } from 'typebox';
import { checkFields } from '../document/check-fields.ts';
import { checkType } from '../document/check-type.ts';
import { thingShape } from '../document/shape.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, nameOf } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleRecordSchema } from './text-or-expression.ts';

/**
 * Creates a thing. The result is the thing.
 *
 * ```yaml
 * - order:
 *     create:
 *       type: order
 *       fields: { customer: =trigger.now.id, total: 0 }
 * ```
 */
export const create = {
  schema: Type.Object(
    { type: Type.String(), fields: Type.Optional(FlexibleRecordSchema) },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  check: (action, place) => [...checkType(action, place), ...checkFields(action, place, 'create')],
  resultShape: (action, types) => thingShape(types.get(nameOf(action['type']))),
  prepare: (input) => {
    const { type, fields = {} } = asInput(input);
    if (!isObject(fields)) return refuse(`fields must be an object, but is ${describe(fields)}`);
    return { kind: 'data', request: { action: 'create', type: nameOf(type), fields } };
  },
} as const satisfies StepKind;
